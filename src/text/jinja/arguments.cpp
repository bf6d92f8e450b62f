// Binding of arguments to parameters.

#include <limits>

#include "text/jinja/builtins/builtins.h"

namespace ergon::text::jinja {

Parameters::Parameters(std::string_view function, const Arguments& arguments,
                       std::initializer_list<std::string_view> names, std::size_t required)
    : function_(function) {
    std::copy(names.begin(), names.end(), names_.begin());
    if (arguments.positional.size() > names.size()) {
        refuse("{}() takes at most {} arguments, {} were given", function, names.size(), arguments.positional.size());
    }
    for (std::size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
    for (const auto& [name, value] : arguments.named) {
        std::size_t i = 0;
        while (i < names.size() && names_[i] != name) ++i;
        if (i == names.size()) refuse("{}() has no parameter named '{}'", function, name);
        if (values_[i]) refuse("{}() got multiple values for its parameter '{}'", function, name);
        values_[i] = &value;
    }
    for (std::size_t i = 0; i < required; ++i) {
        if (!values_[i]) refuse("{}() is missing its argument '{}'", function, names_[i]);
    }
}

long long Parameters::integer(std::size_t i, long long fallback) const {
    if (!given(i)) return fallback;
    require_defined(*values_[i]);
    const auto number = values_[i]->as_integer();
    if (!number) refuse("{}(): '{}' must be an integer, not {}", function_, names_[i], type_name(*values_[i]));
    using Limits = std::numeric_limits<long long>;
    if (*number < Limits::min() || *number > Limits::max()) refuse("{}(): '{}' is too large", function_, names_[i]);
    return static_cast<long long>(*number);
}

const MarkedText& Parameters::text(std::size_t i) const {
    require_defined(*values_[i]);
    const MarkedText* text = values_[i]->text();
    if (!text) refuse("{}(): '{}' must be a string, not {}", function_, names_[i], type_name(*values_[i]));
    return *text;
}

std::optional<std::string_view> Parameters::bytes(std::size_t i) const {
    if (!given(i)) return std::nullopt;
    return text(i).text();
}

}  // namespace ergon::text::jinja
