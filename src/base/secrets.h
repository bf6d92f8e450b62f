#pragma once
// Keys of servers, kept out of whatever is shown or written.

#include <string>
#include <string_view>

namespace ergon::base {

/// The text without keys: an ellipsis where `secret` stands (should it be longer than a placeholder), behind `sk-`,
/// behind "Bearer ", and behind `key=`, `token=`, `secret=` and `password=` where what follows looks like one: 8 or
/// more letters, digits and dashes, both letters and digits among them. So `sorted(words, key=len)` stays as it is.
std::string without_keys(std::string_view text, std::string_view secret = {});

/// The address without user and password, and without keys: whatever follows `key=` and its like, too.
std::string without_credentials(const std::string& url);

}  // namespace ergon::base
