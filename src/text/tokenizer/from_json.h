#pragma once
// Reading tokenizer.json: typed access to its objects, so that every key is either understood or refused.

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json/json.h"
#include "text/tokenizer/parts.h"

namespace ergon::text {

using base::TreeJson;  // a vocabulary is an object of 10^5 keys, whose order does not matter

/// An object of tokenizer.json and where it stands, for errors: "/models/x/tokenizer.json: normalizer.type".
class JsonObject {
  public:
    /// Throws Error(bad_file) if `value` is not an object.
    JsonObject(const TreeJson& value, std::string where);

    const std::string& where() const { return where_; }
    const TreeJson& json() const { return *value_; }
    /// Every key must be one of these: others are Error(unsupported).
    void allow_only(std::initializer_list<std::string_view> keys) const;

    bool has(std::string_view key) const;  // present and not null
    std::string text(std::string_view key) const;
    std::int64_t number(std::string_view key) const;
    bool boolean(std::string_view key) const;
    bool boolean(std::string_view key, bool fallback) const;
    JsonObject object(std::string_view key) const;
    const TreeJson& array(std::string_view key) const;
    std::string where(std::string_view key) const { return where_ + "." + std::string(key); }

    /// Error(unsupported): `type` is not one of those known here.
    [[noreturn]] void refuse_type(std::string_view type, std::string_view known) const;

  private:
    const TreeJson* value_;
    std::string where_;
};

/// The steps of the `normalizer`, `pre_tokenizer` and `decoder` of tokenizer.json.
void read_normalizer(const JsonObject& json, Normalizer& normalizer);

struct PreTokenizerTraits {
    bool byte_level = false;
    bool metaspace = false;
};
PreTokenizerTraits read_pre_tokenizer(const JsonObject& json, TokenizerParts& parts);

struct DecoderTraits {
    bool byte_level = false;
    bool strips_leading_space = false;
};
DecoderTraits read_decoder(const JsonObject& json);

/// The tokens that `post_processor` puts before and after a text.
struct Frame {
    std::optional<std::string> before, after;
};
Frame read_post_processor(const JsonObject& json);

}  // namespace ergon::text
