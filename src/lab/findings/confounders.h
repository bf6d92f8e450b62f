#pragma once
// What differs between two contenders beside what is compared, and what such a pair can and cannot show.

#include <optional>
#include <string>
#include <vector>

#include "lab/comparison.h"

namespace ergon::lab {

/// "sparse or dense: alpha is dense, beta has 64 experts".
struct Difference {
    std::string what;
    std::string a;
    std::string b;
};

struct Confounders {
    std::vector<Difference> differs;       // known of both, and different
    std::vector<std::string> not_known;    // of one of them or of both: unknown is not different
    std::vector<std::string> limitations;  // what the pair shows and cannot show, in sentences
    std::optional<bool> same_tokenizer;    // nothing where one is not known
};

/// From what the contenders say of themselves and what their answers showed. Refuses no pair.
Confounders confounders(const ContenderSummary& a, const ContenderSummary& b);

/// "sparse or dense (dense; 64 experts), caps (...)", for a sentence; empty if nothing differs.
std::string differences_text(const Confounders& confounders);

}  // namespace ergon::lab
