#pragma once
// Keys of servers, kept out of whatever is shown or written.

#include <string>
#include <string_view>
#include <utility>

namespace ergon::base {

/// The text without keys: an ellipsis where `secret` stands (should it be longer than a placeholder), behind `sk-`,
/// behind "Bearer ", and behind `key=`, `token=`, `secret=` and `password=` where what follows looks like one: 8 or
/// more letters, digits and dashes, both letters and digits among them. So `sorted(words, key=len)` stays as it is.
std::string without_keys(std::string_view text, std::string_view secret = {});

/// Takes a secret out of a text that comes in pieces, cut anywhere, as `without_keys` does out of a whole one.
class SecretFilter {
  public:
    explicit SecretFilter(std::string secret) : secret_(std::move(secret)) {}
    /// The text so far that was not given back yet, but for an end that may become the secret.
    std::string push(std::string_view piece);
    /// That end, where nothing comes any more.
    std::string finish();

  private:
    std::string secret_;
    std::string held_;
};

/// The address without user and password, and without keys: whatever follows `key=` and its like, too.
std::string without_credentials(const std::string& url);

}  // namespace ergon::base
