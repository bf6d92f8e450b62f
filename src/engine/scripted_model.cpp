#include "engine/scripted_model.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/json/json.h"
#include "text/reasoning.h"

namespace ergon::engine {
namespace {

using base::ErrorCode;
using base::Json;
using model::TokenId;

constexpr std::string_view architecture = "ErgonScripted";
// High enough that any usual temperature and penalty leave the script's token the only likely one (assumed).
constexpr float scripted_logit = 60;

std::filesystem::path config_file(const formats::HfFolder& folder) {
    return folder.path / "config.json";
}

const std::string& text_of(const formats::HfFolder& folder, const Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key) || !object[key].is_string()) {
        base::fail(ErrorCode::bad_file, "{}: a scripted model needs the text \"{}\".", config_file(folder).string(),
                   key);
    }
    return object[key].get_ref<const std::string&>();
}

}  // namespace

/// The tokens themselves, and which of them were read rather than generated.
struct ScriptedModel::ScriptCache : model::Cache {
    explicit ScriptCache(std::int64_t capacity) : Cache(capacity) {}
    void append(std::span<const TokenId> added, model::Role role) {
        tokens.resize(length_);
        roles.resize(length_);
        tokens.insert(tokens.end(), added.begin(), added.end());
        roles.insert(roles.end(), added.size(), role);
        length_ += static_cast<std::int64_t>(added.size());
    }
    std::vector<TokenId> tokens;
    std::vector<model::Role> roles;
};

bool ScriptedModel::is_scripted(const formats::HfFolder& folder) {
    const Json& config = folder.config;
    if (!config.is_object() || !config.contains("architectures")) return false;
    const Json& names = config["architectures"];
    return names.is_array() && !names.empty() && names[0] == architecture;
}

std::filesystem::path ScriptedModel::vocabulary_file(const formats::HfFolder& folder) {
    return folder.path / text_of(folder, folder.config, "vocabulary");
}

ScriptedModel::ScriptedModel(const formats::HfFolder& folder, std::shared_ptr<const text::Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), markers_(text::thought_markers_of(*tokenizer_)) {
    const std::string file = config_file(folder).string();
    const Json& length = folder.config.contains("context_length") ? folder.config["context_length"] : Json(4096);
    if (!base::holds_integer<std::int64_t>(length) || length < 1 || length > (1 << 24)) {
        base::fail(ErrorCode::bad_file, "{}: \"context_length\" must be a whole number between 1 and {}.", file,
                   1 << 24);
    }
    context_length_ = length.get<std::int64_t>();
    if (!folder.config.contains("replies") || !folder.config["replies"].is_array() ||
        folder.config["replies"].empty()) {
        base::fail(ErrorCode::bad_file, "{}: a scripted model needs \"replies\", a non-empty list.", file);
    }
    const auto end = tokenizer_->eos();
    if (!end) base::fail(ErrorCode::bad_file, "{}: the vocabulary has no end token.", file);
    for (const Json& entry : folder.config["replies"]) {
        Reply reply{text_of(folder, entry, "asked"),
                    tokenizer_->encode(text::MarkedText(text_of(folder, entry, "reply"), text::Author::chat_template))};
        reply.tokens.push_back(*end);
        replies_.push_back(std::move(reply));
    }
}

base::Bytes ScriptedModel::cache_bytes_per_token(model::CacheType) const {
    return base::Bytes(sizeof(TokenId) + sizeof(model::Role));
}

std::unique_ptr<model::Cache> ScriptedModel::make_cache(std::int64_t capacity, model::CacheType) const {
    return std::make_unique<ScriptCache>(capacity);
}

const ScriptedModel::Reply& ScriptedModel::reply_to(std::span<const TokenId> prompt) const {
    const std::string words = tokenizer_->decode(prompt);
    const Reply* best = &replies_.back();
    std::size_t best_place = 0;
    for (const Reply& reply : replies_) {
        const std::size_t place = reply.asked.empty() ? std::string::npos : words.rfind(reply.asked);
        if (place == std::string::npos || place < best_place) continue;
        best = &reply;
        best_place = place;
    }
    return *best;
}

/// The script's token for position `length`, given the tokens before it: what was generated is followed along the
/// reply; a token that the reply does not hold at its place (a closing marker put in by a budget) moves on to where the
/// reply holds it.
TokenId ScriptedModel::next_token(const ScriptCache& cache, std::int64_t length) const {
    const std::span tokens(cache.tokens.data(), static_cast<std::size_t>(length));
    auto prompt_end = static_cast<std::size_t>(length);
    while (prompt_end > 0 && cache.roles[prompt_end - 1] == model::Role::generated) --prompt_end;
    const std::span prompt = tokens.first(prompt_end);
    const Reply& reply = reply_to(prompt);

    auto next = reply.tokens.begin();
    const auto follow = [&](TokenId id) {
        const auto found = std::find(next, reply.tokens.end(), id);
        if (found != reply.tokens.end()) next = found + 1;
    };
    // Markers that the prompt's template wrote: a thought opened, or opened and closed.
    if (markers_ != nullptr && markers_->turn.empty()) {
        const auto open = tokenizer_->find(markers_->open), close = tokenizer_->find(markers_->close);
        for (const TokenId id : prompt) {
            if (id == open || id == close) follow(id);
        }
    }
    for (const TokenId id : tokens.subspan(prompt_end)) follow(id);
    return next == reply.tokens.end() ? reply.tokens.back() : *next;
}

void ScriptedModel::forward(std::span<const model::StepItem> step, std::vector<float>& logits,
                            energy::WorkAccount& account, model::HiddenStates* hidden) {
    const base::Nanoseconds begin = base::now();
    if (hidden != nullptr) {
        base::fail(ErrorCode::unsupported, "A scripted model has no layers, so it has no hidden states.");
    }
    std::size_t rows = 0;
    for (const model::StepItem& item : step) {
        const auto count = static_cast<std::int64_t>(item.tokens.size());
        if (count > item.cache->capacity() - item.cache->length()) {
            base::fail(ErrorCode::out_of_budget, "The context of {} tokens is full; use a larger --context.",
                       item.cache->capacity());
        }
        for (const TokenId id : item.tokens) {
            if (id < 0 || id >= vocabulary()) {
                base::fail(ErrorCode::bad_argument, "Token {} is outside the vocabulary of {}.", id, vocabulary());
            }
        }
        rows += static_cast<std::size_t>(item.logits);
    }
    const auto width = static_cast<std::size_t>(vocabulary());
    logits.assign(rows * width, 0);
    std::size_t row = 0;
    for (const model::StepItem& item : step) {
        auto& cache = static_cast<ScriptCache&>(*item.cache);
        cache.append(item.tokens, item.role);
        for (std::int64_t position = cache.length() - item.logits + 1; position <= cache.length(); ++position) {
            logits[row++ * width + static_cast<std::size_t>(next_token(cache, position))] = scripted_logit;
        }
    }
    energy::Work work;
    work.begin = begin;
    work.elapsed = work.busy = base::now() - begin;
    work[energy::Source::activations] = static_cast<std::int64_t>(logits.size() * sizeof(float));
    work.sequences = static_cast<std::int32_t>(step.size());
    account.add(work);
}

}  // namespace ergon::engine
