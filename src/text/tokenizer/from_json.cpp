// A tokenizer from tokenizer.json, as the `tokenizers` library writes it, with tokenizer_config.json beside it.

#include "text/tokenizer/from_json.h"

#include <algorithm>

#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/log.h"

namespace ergon::text {
namespace {

using base::ErrorCode;
using base::fail;

struct AddedToken {
    TokenId id;
    std::string content;
    bool special, normalized, lstrip, rstrip, single_word;
};

// Ids are dense in published files; a claim far beyond the number of entries is refused rather than allocated.
std::size_t checked_size(std::int64_t largest_id, std::size_t entries, const std::string& origin) {
    const std::size_t most = 2 * entries + 1024;
    if (largest_id < 0 || static_cast<std::size_t>(largest_id) >= most) {
        fail(ErrorCode::bad_file, "{}: a token has the id {}, but there are only {} tokens", origin, largest_id,
             entries);
    }
    return static_cast<std::size_t>(largest_id) + 1;
}

std::int64_t read_id(const TreeJson& json, const std::string& where) {
    if (!base::holds_integer<std::int64_t>(json) || json < 0) {
        fail(ErrorCode::bad_file, "{}: expected a token id, a whole number from 0", where);
    }
    return json.get<std::int64_t>();
}

// The text under a key of tokenizer_config.json; empty if there is none.
std::string text_in(const base::Json& json, std::string_view key) {
    if (!json.is_object() || !json.contains(key) || !json[std::string(key)].is_string()) return {};
    return json[std::string(key)].get<std::string>();
}

class TokenizerReader {
  public:
    TokenizerReader(const TreeJson& json, const base::Json& config, const base::Json& generation, std::string origin)
        : root_(json, std::move(origin)), model_(root_.object("model")), config_(config), generation_(generation) {}

    TokenizerParts read() {
        root_.allow_only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                          "post_processor", "decoder", "model"});
        check_model();
        read_chat_template();
        read_added_tokens();
        read_vocabulary();
        if (root_.has("normalizer")) read_normalizer(root_.object("normalizer"), parts_.normalizer);
        read_ends();
        set_up_words();
        set_up_special();
        return std::move(parts_);
    }

  private:
    void check_model() const {
        model_.allow_only({"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
                           "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"});
        const std::string type = model_.has("type") ? model_.text("type") : "BPE";
        if (type != "BPE") model_.refuse_type(type, "BPE");
        for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
            if (model_.has(key) && !model_.text(key).empty()) {
                fail(ErrorCode::unsupported, "{}: a prefix or suffix of subwords is not supported", model_.where(key));
            }
        }
        if (model_.has("dropout") && model_.json()["dropout"] != 0.0) {
            fail(ErrorCode::unsupported, "{}: BPE dropout is not supported", model_.where("dropout"));
        }
    }

    void read_chat_template() {
        if (!config_.is_object() || !config_.contains("chat_template")) return;
        const base::Json& value = config_["chat_template"];
        if (value.is_string()) parts_.chat_template = value.get<std::string>();
        if (!value.is_array()) return;
        for (const base::Json& named : value) {  // several, by name
            if (text_in(named, "name") == "default") parts_.chat_template = text_in(named, "template");
        }
    }

    void read_added_tokens() {
        if (!root_.has("added_tokens")) return;
        const TreeJson& tokens = root_.array("added_tokens");
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const JsonObject token(tokens[i], root_.where("added_tokens") + "[" + std::to_string(i) + "]");
            token.allow_only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
            const std::int64_t id = read_id(token.json().value("id", TreeJson()), token.where("id"));
            if (id > std::numeric_limits<TokenId>::max()) {
                fail(ErrorCode::bad_file, "{}: {} is too large", token.where("id"), id);
            }
            const bool special = token.boolean("special", false);
            added_.push_back({.id = static_cast<TokenId>(id),
                              .content = token.text("content"),
                              .special = special,
                              .normalized = token.boolean("normalized", !special),
                              .lstrip = token.boolean("lstrip", false),
                              .rstrip = token.boolean("rstrip", false),
                              .single_word = token.boolean("single_word", false)});
        }
    }

    void read_vocabulary() {
        const JsonObject vocab = model_.object("vocab");
        std::int64_t largest = -1;
        for (const auto& [spelling, id] : vocab.json().items()) largest = std::max(largest, read_id(id, vocab.where()));
        for (const AddedToken& token : added_) largest = std::max<std::int64_t>(largest, token.id);
        const std::size_t size = checked_size(largest, vocab.json().size() + added_.size(), root_.where());
        std::vector<std::string> spellings(size);
        std::vector<TokenKind> kinds(size, TokenKind::unused);
        const bool byte_fallback = model_.boolean("byte_fallback", false);
        for (const auto& [spelling, id] : vocab.json().items()) {
            const auto at = id.get<std::size_t>();
            if (!spellings[at].empty()) {
                fail(ErrorCode::bad_file, "{}: '{}' and '{}' have the same id {}", vocab.where(), spellings[at],
                     spelling, at);
            }
            spellings[at] = spelling;
            kinds[at] = byte_fallback && byte_of_spelling(spelling) ? TokenKind::byte : TokenKind::normal;
        }
        for (const AddedToken& token : added_) {
            const auto at = static_cast<std::size_t>(token.id);
            const auto known = vocab.json().find(token.content);
            const bool elsewhere = known != vocab.json().end() && known->get<std::size_t>() != at;
            if (elsewhere || (!spellings[at].empty() && spellings[at] != token.content)) {
                fail(ErrorCode::bad_file, "{}: the added token '{}' and model.vocab disagree about the id {}",
                     root_.where(), token.content, token.id);
            }
            spellings[at] = token.content;
            kinds[at] = token.special ? TokenKind::control : TokenKind::user_defined;
        }
        for (std::size_t i = 0; i < size; ++i) parts_.vocabulary.add(std::move(spellings[i]), kinds[i]);
        parts_.vocabulary.settle_kinds();
    }

    void set_up_words() {
        parts_.pre_tokenizer_name = "tokenizer.json";
        PreTokenizerTraits cutting;
        if (root_.has("pre_tokenizer")) cutting = read_pre_tokenizer(root_.object("pre_tokenizer"), parts_);
        DecoderTraits decoding;
        if (root_.has("decoder")) decoding = read_decoder(root_.object("decoder"));
        const bool byte_fallback = model_.boolean("byte_fallback", false);
        const bool characters = byte_fallback || cutting.metaspace;
        if (cutting.byte_level == characters || decoding.byte_level != cutting.byte_level) {
            fail(ErrorCode::unsupported,
                 "{}: expected byte-level BPE (ByteLevel as pre_tokenizer and decoder) or BPE over characters with "
                 "byte_fallback or Metaspace",
                 root_.where());
        }
        parts_.strips_leading_space = decoding.strips_leading_space;
        if (cutting.byte_level) {
            set_up_byte_level(parts_);
        } else {
            set_up_characters(parts_);
            cut_at_spaces_if_exact(parts_);
        }
        if (model_.has("unk_token")) {
            const auto unknown = parts_.vocabulary.find(model_.text("unk_token"));
            if (!unknown) fail(ErrorCode::bad_file, "{} is not in the vocabulary", model_.where("unk_token"));
            set_unknown(parts_, *unknown);
            parts_.bpe.fuse_unknown = model_.boolean("fuse_unk", false);
        }
        parts_.bpe.merges = MergeTable(read_merges());
        if (model_.boolean("ignore_merges", false)) allow_whole_pieces(parts_);
    }

    std::vector<Merge> read_merges() const {
        std::vector<std::pair<std::string, std::string>> pairs;
        for (const TreeJson& merge : model_.array("merges")) {
            if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
                pairs.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
                continue;
            }
            const std::string text = merge.is_string() ? merge.get<std::string>() : std::string();
            const std::size_t space = text.find(' ');
            if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
                fail(ErrorCode::bad_file, R"({}: merge {} is neither "a b" nor ["a", "b"])", model_.where("merges"),
                     pairs.size());
            }
            pairs.emplace_back(text.substr(0, space), text.substr(space + 1));
        }
        return merges_from_spellings(pairs, parts_.vocabulary, model_.where("merges"));
    }

    void set_up_special() {
        std::vector<SpecialToken> as_written, in_normalized;
        for (const AddedToken& token : added_) {
            const bool template_only = parts_.vocabulary.is_control(token.id);
            SpecialToken special{.id = token.id,
                                 .spelling = token.content,
                                 .template_only = template_only,
                                 .lstrip = token.lstrip,
                                 .rstrip = token.rstrip,
                                 .single_word = token.single_word};
            if (token.normalized && !template_only) {
                std::string buffer;
                special.spelling = parts_.normalizer.apply(token.content, true, buffer);
                in_normalized.push_back(std::move(special));
            } else {
                as_written.push_back(std::move(special));
            }
        }
        // Control tokens of the vocabulary itself, if they are no added tokens.
        for (TokenId id = 0; id < parts_.vocabulary.size(); ++id) {
            if (!parts_.vocabulary.is_control(id)) continue;
            as_written.push_back({.id = id, .spelling = parts_.vocabulary.spelling(id), .template_only = true});
        }
        parts_.special = SpecialTokens(std::move(as_written), root_.where());
        parts_.special_in_normalized = SpecialTokens(std::move(in_normalized), root_.where());
    }

    std::optional<TokenId> configured_token(std::string_view name) const {
        if (!config_.is_object() || !config_.contains(name)) return std::nullopt;
        const base::Json& value = config_[std::string(name)];
        const std::string spelling = value.is_string() ? value.get<std::string>() : text_in(value, "content");
        const auto id = parts_.vocabulary.find(spelling);
        if (!id && !spelling.empty()) {
            base::log().warn("{}: the {} '{}' of tokenizer_config.json is not in the vocabulary; it is ignored",
                             root_.where(), name, spelling);
        }
        return id;
    }

    void read_ends() {
        const Frame frame = root_.has("post_processor") ? read_post_processor(root_.object("post_processor")) : Frame{};
        const auto token_of = [&](const std::optional<std::string>& spelling) -> std::optional<TokenId> {
            if (!spelling) return std::nullopt;
            const auto id = parts_.vocabulary.find(*spelling);
            if (!id) {
                fail(ErrorCode::bad_file, "{}: '{}' is not in the vocabulary", root_.where("post_processor"),
                     *spelling);
            }
            return id;
        };
        const auto setting = [&](std::string_view name, bool fallback) {
            if (!config_.is_object() || !config_.contains(name)) return fallback;
            const base::Json& value = config_[std::string(name)];
            return value.is_boolean() ? value.get<bool>() : fallback;
        };
        parts_.bos = configured_token("bos_token");
        if (!parts_.bos) parts_.bos = token_of(frame.before);
        parts_.eos = configured_token("eos_token");
        if (!parts_.eos) parts_.eos = token_of(frame.after);
        parts_.adds_bos = setting("add_bos_token", frame.before.has_value()) && parts_.bos.has_value();
        parts_.adds_eos = setting("add_eos_token", frame.after.has_value()) && parts_.eos.has_value();
        if (parts_.eos) parts_.end_tokens.insert(*parts_.eos);
        read_generation_ends();
        settle_end_tokens(parts_);
    }

    void read_generation_ends() {
        if (!generation_.is_object() || !generation_.contains("eos_token_id")) return;
        const base::Json& ends = generation_["eos_token_id"];
        for (const base::Json& end : ends.is_array() ? ends : base::Json::array({ends})) {
            if (end.is_number_integer() && parts_.vocabulary.has(end.get<std::int64_t>())) {
                parts_.end_tokens.insert(end.get<TokenId>());
            } else if (!end.is_null()) {
                base::log().warn(
                    "{}: the eos_token_id {} of generation_config.json is not in the vocabulary, which has the ids 0 "
                    "to {}; it is ignored",
                    root_.where(), base::json_text(end), parts_.vocabulary.size() - 1);
            }
        }
    }

    JsonObject root_;
    JsonObject model_;
    const base::Json& config_;
    const base::Json& generation_;
    std::vector<AddedToken> added_;
    TokenizerParts parts_;
};

}  // namespace

JsonObject::JsonObject(const TreeJson& value, std::string where) : value_(&value), where_(std::move(where)) {
    if (!value.is_object()) fail(ErrorCode::bad_file, "{}: expected an object", where_);
}

void JsonObject::allow_only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : value_->items()) {
        if (std::ranges::find(keys, key) == keys.end()) {
            fail(ErrorCode::unsupported, "{}: the key '{}' is not supported", where_, key);
        }
    }
}

bool JsonObject::has(std::string_view key) const {
    const auto found = value_->find(key);
    return found != value_->end() && !found->is_null();
}

std::string JsonObject::text(std::string_view key) const {
    const auto found = value_->find(key);
    if (found == value_->end() || !found->is_string()) fail(ErrorCode::bad_file, "{}: expected a string", where(key));
    return found->get<std::string>();
}

std::int64_t JsonObject::number(std::string_view key) const {
    const auto found = value_->find(key);
    if (found == value_->end() || !base::holds_integer<std::int64_t>(*found)) {
        fail(ErrorCode::bad_file, "{}: expected a whole number", where(key));
    }
    return found->get<std::int64_t>();
}

bool JsonObject::boolean(std::string_view key) const {
    const auto found = value_->find(key);
    if (found == value_->end() || !found->is_boolean()) {
        fail(ErrorCode::bad_file, "{}: expected true or false", where(key));
    }
    return found->get<bool>();
}

bool JsonObject::boolean(std::string_view key, bool fallback) const {
    return has(key) ? boolean(key) : fallback;
}

JsonObject JsonObject::object(std::string_view key) const {
    const auto found = value_->find(key);
    if (found == value_->end()) fail(ErrorCode::bad_file, "{}: expected an object", where(key));
    return JsonObject(*found, where(key));
}

const TreeJson& JsonObject::array(std::string_view key) const {
    const auto found = value_->find(key);
    if (found == value_->end() || !found->is_array()) fail(ErrorCode::bad_file, "{}: expected a list", where(key));
    return *found;
}

void JsonObject::refuse_type(std::string_view type, std::string_view known) const {
    fail(ErrorCode::unsupported, "{}: the type '{}' is not supported; supported are {}", where_, type, known);
}

TokenizerParts parts_from_json(std::string_view tokenizer_json, const base::Json& config, const base::Json& generation,
                               std::string_view origin) {
    const auto json = base::parse_json<TreeJson>(tokenizer_json, origin);
    return TokenizerReader(json, config, generation, std::string(origin)).read();
}

}  // namespace ergon::text
