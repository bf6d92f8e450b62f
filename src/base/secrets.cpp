#include "base/secrets.h"

#include <algorithm>
#include <array>

#include "base/strings/text.h"

namespace ergon::base {
namespace {

constexpr std::string_view stand_in = "...";
// Assumed: who needs no key gives a short word, such as "none" or "EMPTY"; keys have 20 characters and more.
constexpr std::size_t shortest_secret = 6;
constexpr std::size_t shortest_key = 8;

constexpr bool is_word(char c) {
    return is_letter(c) || is_digit(c);
}
constexpr bool is_key_character(char c) {
    return is_word(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '+' || c == '/' || c == '%';
}

/// What stands before a key: alone as a prefix of the key itself, or as a name in front of it.
enum class Before { prefix, scheme, name };
struct Mark {
    std::string_view spelling;  // lower case
    Before before;
};
constexpr std::array<Mark, 7> marks{{{"sk-", Before::prefix},
                                     {"bearer ", Before::scheme},
                                     {"key=", Before::name},
                                     {"token=", Before::name},
                                     {"secret=", Before::name},
                                     {"password=", Before::name},
                                     {"passwd=", Before::name}}};

bool stands_at(std::string_view text, std::size_t at, std::string_view lower_case) {
    if (text.size() - at < lower_case.size()) return false;
    return std::ranges::equal(text.substr(at, lower_case.size()), lower_case,
                              [](char a, char b) { return lowered(a) == b; });
}

std::size_t key_end(std::string_view text, std::size_t begin) {
    while (begin < text.size() && is_key_character(text[begin])) ++begin;
    return begin;
}

bool looks_like_key(std::string_view value) {
    return value.size() >= shortest_key && std::ranges::any_of(value, is_letter) &&
           std::ranges::any_of(value, is_digit);
}

/// Where the key ends that follows the mark, which ends at `begin`; `begin` itself if none does.
std::size_t end_of_key(std::string_view text, const Mark& mark, std::size_t begin, bool in_address) {
    if (in_address && mark.before == Before::name) return std::min(text.find_first_of("&;#", begin), text.size());
    const std::size_t end = key_end(text, begin);
    const std::string_view value = text.substr(begin, end - begin);
    const bool is_key = mark.before == Before::prefix ? value.size() >= shortest_key : looks_like_key(value);
    return is_key ? end : begin;
}

std::string masked(std::string_view text, bool in_address) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const bool inside_word = at > 0 && is_word(text[at - 1]);
        const auto mark = std::ranges::find_if(marks, [&](const Mark& one) {
            return stands_at(text, at, one.spelling) && (one.before == Before::name || !inside_word);
        });
        if (mark != marks.end()) {
            const std::size_t begin = at + mark->spelling.size();
            const std::size_t end = end_of_key(text, *mark, begin, in_address);
            result += text.substr(at, begin - at);
            if (end > begin) result += stand_in;
            at = end;
        } else {
            result += text[at++];
        }
    }
    return result;
}

/// Takes the text off up to the end of the last secret in it: that part, with stand-ins.
std::string take_out(std::string_view& text, std::string_view secret) {
    std::string result;
    if (secret.size() < shortest_secret) return result;
    for (std::size_t at = text.find(secret); at != text.npos; at = text.find(secret)) {
        result += text.substr(0, at);
        result += stand_in;
        text.remove_prefix(at + secret.size());
    }
    return result;
}

}  // namespace

std::string without_keys(std::string_view text, std::string_view secret) {
    std::string result = take_out(text, secret);
    return masked(result += text, false);
}

std::string SecretFilter::push(std::string_view piece) {
    held_ += piece;
    std::string_view rest = held_;
    std::string given = take_out(rest, secret_);
    std::size_t begun = secret_.size() < shortest_secret ? 0 : std::min(rest.size(), secret_.size() - 1);
    while (!rest.ends_with(std::string_view(secret_).substr(0, begun))) --begun;
    given += rest.substr(0, rest.size() - begun);
    held_ = std::string(rest.substr(rest.size() - begun));
    return given;
}

std::string SecretFilter::finish() {
    return std::exchange(held_, {});
}

std::string without_credentials(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return masked(url, true);
    const std::size_t host = scheme + 3;
    const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
    const std::size_t at = url.substr(0, path).rfind('@');
    const std::size_t server = at != std::string::npos && at >= host ? at + 1 : host;  // whose name may be any
    return url.substr(0, host) + url.substr(server, path - server) + masked(url.substr(path), true);
}

}  // namespace ergon::base
