#include "tasks/puzzles/truth_tellers.h"

#include <fmt/format.h>

namespace ergon::tasks {
namespace {

constexpr std::array<std::string_view, 6> counts{"", "", "", "two", "three", "four"};  // of the others, by people

}  // namespace

bool TruthTellers::fits(int honest_one) const {
    for (int speaker = 0; speaker < static_cast<int>(about.size()); ++speaker) {
        if (is_true(speaker, honest_one) != (speaker == honest_one)) return false;
    }
    return true;
}

std::string TruthTellers::text(const std::vector<std::string_view>& names) const {
    const std::vector<std::string> people(names.begin(), names.end());
    std::string text = fmt::format("One of {} always tells the truth, the other {} always lie.", listed(people),
                                   counts[people.size()]);
    for (std::size_t i = 0; i < people.size(); ++i) {
        text += fmt::format(" {} says: \"{} {}.\"", names[i], names[about[i]],
                            calls_honest[i] ? "tells the truth" : "lies");
    }
    return text;
}

TruthTellers truth_tellers_of(Draw& draw, int people) {
    TruthTellers all{std::vector<int>(people), std::vector<bool>(people)};
    while (true) {
        for (int i = 0; i < people; ++i) {
            all.about[i] = static_cast<int>((i + draw.between(1, people - 1)) % people);
            all.calls_honest[i] = draw.between(0, 1) == 0;
        }
        int fitting = 0;
        for (int i = 0; i < people; ++i) {
            if (!all.fits(i)) continue;
            ++fitting;
            all.honest = i;
        }
        if (fitting == 1) return all;
    }
}

}  // namespace ergon::tasks
