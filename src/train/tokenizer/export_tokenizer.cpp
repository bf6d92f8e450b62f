#include "train/tokenizer/export_tokenizer.h"

#include <cstdint>
#include <string>

#include "base/error.h"
#include "formats/hf_folder.h"
#include "text/tokenizer/tokenizer.h"
#include "text/tokenizer/vocabulary.h"
#include "train/tokenizer/tokenizer_files.h"
#include "train/tokenizer/training_text.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;
using formats::GgufField;
using text::TokenKind;

void check_cutting(const Json& json, const std::string& origin) {
    for (const auto& [key, expected] :
         {std::pair("normalizer", normalizer_json()), std::pair("pre_tokenizer", pre_tokenizer_json())}) {
        if (json.contains(key) && json[key] == expected) continue;
        fail(ErrorCode::unsupported,
             "{}: its {} is not the one that GGUF files call {}; use a tokenizer made by ergon train-tokenizer", origin,
             key, pre_tokenizer_name);
    }
}

struct Tokens {
    std::vector<std::string> spellings;
    std::vector<std::int64_t> kinds;
};

/// The entries of a tokenizer.json that the text floor has read and found sound: their ids lie below `size`.
Tokens tokens_by_id(const Json& json, std::int64_t size) {
    const auto count = static_cast<std::size_t>(size);
    Tokens tokens{std::vector<std::string>(count),
                  std::vector<std::int64_t>(count, static_cast<std::int64_t>(TokenKind::unused))};
    const auto set = [&](const Json& id, std::string spelling, TokenKind kind) {
        tokens.spellings[id.get<std::size_t>()] = std::move(spelling);
        tokens.kinds[id.get<std::size_t>()] = static_cast<std::int64_t>(kind);
    };
    for (const auto& [spelling, id] : json["model"]["vocab"].items()) set(id, spelling, TokenKind::normal);
    for (const Json& added : json["added_tokens"]) {
        const bool special = added.value("special", false);
        set(added["id"], added["content"].get<std::string>(), special ? TokenKind::control : TokenKind::user_defined);
    }
    return tokens;
}

/// "left right", whichever way the file has them.
std::vector<std::string> merges_of(const Json& json) {
    std::vector<std::string> merges;
    for (const Json& merge : json["model"]["merges"]) {
        merges.push_back(merge.is_string() ? merge.get<std::string>()
                                           : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
    }
    return merges;
}

}  // namespace

std::vector<GgufField> gguf_tokenizer_metadata(const std::filesystem::path& folder) {
    const formats::HfFolder files = formats::HfFolder::open_tokenizer(folder);
    const auto tokenizer = text::Tokenizer::from_folder(files);
    const Json json = base::read_json(files.tokenizer_json());
    check_cutting(json, files.tokenizer_json().string());
    Tokens tokens = tokens_by_id(json, tokenizer.size());

    std::vector<GgufField> fields{{"tokenizer.ggml.model", "gpt2"},
                                  {"tokenizer.ggml.pre", std::string(pre_tokenizer_name)},
                                  {"tokenizer.ggml.tokens", std::move(tokens.spellings)},
                                  {"tokenizer.ggml.token_type", std::move(tokens.kinds)},
                                  {"tokenizer.ggml.merges", merges_of(json)},
                                  {"tokenizer.ggml.add_bos_token", tokenizer.adds_bos()},
                                  {"tokenizer.ggml.add_eos_token", tokenizer.adds_eos()},
                                  {"tokenizer.ggml.add_space_prefix", false}};
    const auto add_id = [&](const char* key, std::optional<text::TokenId> id) {
        if (id) fields.push_back({key, static_cast<std::uint64_t>(*id)});
    };
    add_id("tokenizer.ggml.bos_token_id", tokenizer.bos());
    add_id("tokenizer.ggml.eos_token_id", tokenizer.eos());
    if (const Json& config = files.tokenizer_config; config.contains("pad_token") && config["pad_token"].is_string()) {
        add_id("tokenizer.ggml.padding_token_id", tokenizer.find(config["pad_token"].get<std::string>()));
    }
    if (!tokenizer.chat_template().empty()) fields.push_back({"tokenizer.chat_template", tokenizer.chat_template()});
    return fields;
}

}  // namespace ergon::train
