#pragma once
// What a reader must know of a chart's numbers: said once in its caption if it holds for all of them.

#include <optional>
#include <string>
#include <vector>

#include "energy/figure.h"

namespace ergon::report {

/// The method by which all values were obtained; nothing if they differ, one is not known or there are none.
std::optional<energy::Method> uniform_method(const std::vector<std::optional<energy::Method>>& methods);

/// "All values are estimated. Whiskers are 95% intervals."; empty if there is neither a method nor an interval.
std::string reading_note(std::optional<energy::Method> method, bool intervals);

/// A name, and how its value was obtained if that is known: "laptop (measured)".
std::string with_method(const std::string& name, std::optional<energy::Method> method);

/// Adds a sentence, with a space before it if there is one already.
void add_sentence(std::string& note, const std::string& sentence);

}  // namespace ergon::report
