// The typed look-ups of Gguf.

#include <type_traits>
#include <utility>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/gguf.h"

namespace ergon::formats {
namespace {

using base::ErrorCode;

[[noreturn]] void fail_kind(const Gguf& file, std::string_view key, std::string_view expected) {
    base::fail(ErrorCode::bad_file,
               "{}: metadata key {} is not {}; the file is damaged or not made for this architecture",
               file.path().string(), shown(key), expected);
}

/// The number as T: integers if they fit, and integers as reals; else an error naming the key.
template <typename T, typename Stored>
T convert(const Gguf& file, std::string_view key, Stored stored) {
    if constexpr (std::is_floating_point_v<T>) {
        return static_cast<T>(stored);
    } else {
        if (!std::in_range<T>(stored)) fail_kind(file, key, "an integer that fits in 64 bits with a sign");
        return static_cast<T>(stored);
    }
}

template <typename T, typename Stored>
constexpr bool converts = !std::is_same_v<Stored, bool> && std::is_arithmetic_v<Stored> &&
                          (std::is_floating_point_v<T> || std::is_integral_v<Stored>);

template <typename T>
T number(const Gguf& file, std::string_view key, const MetadataValue& value, std::string_view expected) {
    return std::visit(
        [&](const auto& stored) -> T {
            using Stored = std::decay_t<decltype(stored)>;
            if constexpr (converts<T, Stored>) {
                return convert<T>(file, key, stored);
            } else {
                fail_kind(file, key, expected);
            }
        },
        value);
}

template <typename T>
struct element {
    using type = void;
};
template <typename T>
struct element<std::vector<T>> {
    using type = T;
};

template <typename T>
std::vector<T> numbers(const Gguf& file, std::string_view key, const MetadataValue& value, std::string_view expected) {
    return std::visit(
        [&](const auto& stored) -> std::vector<T> {
            using Element = typename element<std::decay_t<decltype(stored)>>::type;
            if constexpr (converts<T, Element>) {
                std::vector<T> result;
                result.reserve(stored.size());
                for (const Element one : stored) result.push_back(convert<T>(file, key, one));
                return result;
            } else {
                fail_kind(file, key, expected);
            }
        },
        value);
}

template <typename T>
const T& exactly(const Gguf& file, std::string_view key, const MetadataValue& value, std::string_view expected) {
    const T* held = std::get_if<T>(&value);
    if (held == nullptr) fail_kind(file, key, expected);
    return *held;
}

}  // namespace

const MetadataValue& Gguf::value(std::string_view key) const {
    const auto found = metadata().find(key);
    if (found == metadata().end()) {
        base::fail(ErrorCode::bad_file,
                   "{}: metadata key {} is missing; the file is incomplete or not made for this architecture",
                   path_.string(), shown(key));
    }
    return found->second;
}

std::int64_t Gguf::integer(std::string_view key) const {
    return number<std::int64_t>(*this, key, value(key), "an integer");
}

std::int64_t Gguf::integer(std::string_view key, std::int64_t fallback) const {
    return has(key) ? integer(key) : fallback;
}

double Gguf::real(std::string_view key) const {
    return number<double>(*this, key, value(key), "a number");
}

double Gguf::real(std::string_view key, double fallback) const {
    return has(key) ? real(key) : fallback;
}

bool Gguf::boolean(std::string_view key, bool fallback) const {
    return has(key) ? exactly<bool>(*this, key, value(key), "a truth value") : fallback;
}

const std::string& Gguf::text(std::string_view key) const {
    return exactly<std::string>(*this, key, value(key), "a string");
}

std::string Gguf::text(std::string_view key, std::string_view fallback) const {
    return has(key) ? text(key) : std::string(fallback);
}

const std::vector<std::string>& Gguf::texts(std::string_view key) const {
    return exactly<std::vector<std::string>>(*this, key, value(key), "a list of strings");
}

std::vector<std::int64_t> Gguf::integers(std::string_view key) const {
    return numbers<std::int64_t>(*this, key, value(key), "a list of integers");
}

std::vector<double> Gguf::reals(std::string_view key) const {
    return numbers<double>(*this, key, value(key), "a list of numbers");
}

}  // namespace ergon::formats
