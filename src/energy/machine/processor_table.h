#pragma once
// Thermal design power of processors, by name or, where a machine hides the name, by family and model.

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/machine/processor.h"

namespace ergon::energy {

/// What is known of the part behind a processor.
struct Part {
    std::string name;
    base::Watts design_power{};     // of a socket: the makers' base power, never a limit for short times
    int threads = 0;                // of a socket, 0 if not known
    bool named_by_machine = false;  // else taken from its family
};

/// data/processors.csv (watts,name), data/more_processors.csv (watts,threads,name) and data/processor_families.csv
/// (vendor,family,model,threads,part).
class ProcessorTable {
  public:
    /// From the text of each. A part in `more` goes before one in `processors`. Rows that are none are left out.
    ProcessorTable(std::string_view processors, std::string_view more, std::string_view families);
    /// The tables that ship.
    static const ProcessorTable& shipped();

    std::optional<Part> find(const Processor& processor) const;
    std::size_t size() const { return parts_.size(); }

    struct Family {
        std::string vendor, part;
        int family = 0, model = 0, threads = 0;
    };
    const std::vector<Family>& families() const { return families_; }

  private:
    struct Row {
        base::Watts design_power{};
        int threads = 0;  // 0: not known
    };
    std::optional<Part> named(std::string_view name) const;

    std::map<std::string, Row, std::less<>> parts_;  // by the words of the name
    std::vector<Family> families_;
};

/// The words of a processor's name that tell it from others, in lower case: "Intel(R) Xeon(R) Platinum 8480+ @ 2.0GHz"
/// becomes "intel xeon platinum 8480+", "AMD EPYC 7763 64-Core Processor" becomes "amd epyc 7763".
std::string significant_words(std::string_view name);

}  // namespace ergon::energy
