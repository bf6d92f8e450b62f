#pragma once
// Thermal design power of processors, by name or, where a virtual machine hides the name, by family and model.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "energy/processor.h"

namespace ergon::energy {

/// What is known of the part behind a processor.
struct Part {
    std::string name;
    base::Watts design_power{};     // of a socket
    int threads = 0;                // of a socket, 0 if not known
    bool named_by_machine = false;  // else taken from its family
};

/// data/processors.csv (watts,name) and data/processor_families.csv (vendor,family,model,threads,part).
class ProcessorTable {
  public:
    /// Rows that are none are left out; an absent file is an empty one: an estimate then rests on the class alone.
    ProcessorTable(const std::filesystem::path& processors, const std::filesystem::path& families);
    /// The tables that ship.
    static const ProcessorTable& shipped();

    std::optional<Part> find(const Processor& processor) const;
    std::size_t size() const { return design_power_.size(); }

    struct Family {
        std::string vendor, part;
        int family = 0, model = 0, threads = 0;
    };
    const std::vector<Family>& families() const { return families_; }

  private:
    std::optional<Part> named(std::string_view name) const;

    std::map<std::string, base::Watts, std::less<>> design_power_;  // by the words of the name
    std::vector<Family> families_;
};

/// The words of a processor's name that tell it from others, in lower case: "Intel(R) Xeon(R) Platinum 8480+ @ 2.0GHz"
/// becomes "intel xeon platinum 8480+", "AMD EPYC 7763 64-Core Processor" becomes "amd epyc 7763".
std::string telling_words(std::string_view name);

}  // namespace ergon::energy
