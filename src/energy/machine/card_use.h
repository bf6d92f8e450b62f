#pragma once
// What NVIDIA's cards took for some processes, where their library tells who used them.

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/units.h"
#include "energy/figure.h"

namespace ergon::energy {

namespace nvml {
class Library;
}

/// Follows the energy counters of all cards. A card that no process of ours holds is nobody's business here; one that
/// only they hold is theirs, idle power included; of one that others hold as well they get the share of the time in
/// which their kernels ran, or an equal one where nobody's did.
class CardUse {
  public:
    /// `library`: as MeterOptions::nvml_library.
    explicit CardUse(const std::filesystem::path& library);
    ~CardUse();
    CardUse(const CardUse&) = delete;
    CardUse& operator=(const CardUse&) = delete;
    /// Whether there are cards at all.
    bool any() const { return !cards_.empty(); }
    /// What the cards took for these processes since the last call (or since it was made). Nothing if a card does not
    /// say its energy or who uses it.
    std::optional<Figure> taken_by(const std::set<int>& processes, base::Nanoseconds now);

  private:
    struct Card;
    std::optional<Figure> taken_of(Card& card, const std::set<int>& processes, base::Nanoseconds now);

    std::shared_ptr<const nvml::Library> library_;
    std::vector<Card> cards_;
};

}  // namespace ergon::energy
