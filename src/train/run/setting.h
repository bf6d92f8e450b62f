#pragma once
// A setting of a run, for its log and its page.

#include <string>

namespace ergon::train {

/// A key of a recipe with the value that a run used.
struct Setting {
    std::string key, value;
    bool given = false;  // by the recipe or --set; else the default
};

}  // namespace ergon::train
