#include "train/run/text_examples.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/files/file.h"
#include "base/random.h"
#include "engine/chat_prompt.h"
#include "tasks/readers/json_lines.h"

namespace ergon::train {
namespace {

constexpr std::string_view end_of_thought = "</think>";

TokenId require(std::optional<TokenId> id, std::string_view what) {
    if (!id)
        base::fail(base::ErrorCode::unsupported, "the tokenizer has no {}, which is required to train on answers",
                   what);
    return *id;
}

}  // namespace

engine::ChatFormat load_chat_format(const std::filesystem::path& folder) {
    const std::filesystem::path json = folder / "tokenizer.json", config = folder / "tokenizer_config.json";
    return {folder, std::make_shared<const text::Tokenizer>(text::Tokenizer::from_json(
                        base::read_text(json, base::json_file_limit), base::read_json(config), json.string()))};
}

std::vector<Pair> read_pairs(const std::filesystem::path& file) {
    std::vector<Pair> pairs;
    const std::string text = base::read_text(file, tasks::task_file_limit);
    tasks::for_each_json_object(text, file, [&](const tasks::JsonItem& item) {
        pairs.push_back({tasks::text_field(item, "prompt", true), tasks::text_field(item, "thinking", false),
                         tasks::text_field(item, "answer", true)});
    });
    return pairs;
}

Example make_example(const engine::ChatFormat& words, const Pair& pair, bool thinking) {
    const text::Tokenizer& tokenizer = words.tokenizer();
    const engine::Message message{"user", pair.prompt};
    Example e;
    e.ids = engine::chat_prompt(words, std::span(&message, 1), thinking);
    e.loss_weights.assign(e.ids.size(), 0.0f);
    const auto learn = [&](std::span<const TokenId> ids) { e.ids.insert(e.ids.end(), ids.begin(), ids.end()); };
    if (thinking) {
        learn(tokenizer.encode(pair.thinking));
        e.ids.push_back(require(tokenizer.find(end_of_thought), end_of_thought));
    }
    learn(tokenizer.encode(pair.answer));
    e.ids.push_back(require(tokenizer.eos(), "end token"));
    e.loss_weights.resize(e.ids.size(), 1.0f);
    return e;
}

TextExamples::TextExamples(const engine::ChatFormat& words, std::vector<Pair> pairs, bool thinking,
                           std::int64_t document, std::uint64_t seed)
    : seed_(seed) {
    for (const Pair& pair : pairs) {
        Example e = make_example(words, pair, thinking);
        if (std::ssize(e.ids) <= document) {
            examples_.push_back(std::move(e));
        } else {
            ++left_out_;
        }
    }
    if (examples_.empty()) {
        base::fail(base::ErrorCode::bad_argument,
                   "none of the {} examples fits into {} tokens; raise training.document_tokens", left_out_, document);
    }
}

const Example& TextExamples::operator()(std::int64_t place) {
    const std::int64_t round = place / size();
    if (round != round_) {
        round_ = round;
        order_.resize(examples_.size());
        std::iota(order_.begin(), order_.end(), std::int64_t{0});
        const auto key = [&](std::int64_t i) {
            return base::random_bits(seed_, static_cast<std::uint64_t>(round), static_cast<std::uint64_t>(i));
        };
        std::sort(order_.begin(), order_.end(), [&](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
    }
    return examples_[order_[place % size()]];
}

}  // namespace ergon::train
