#include "train/tokenizer/tokenizer_files.h"

#include <array>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "text/pre_tokenizer/pre_tokenizer.h"
#include "text/tokenizer/vocabulary.h"
#include "train/tokenizer/deepseek_template.h"
#include "train/tokenizer/training_text.h"

namespace ergon::train {
namespace {

using base::Json;

struct Marker {
    std::string_view spelling;
    bool special;  // left out by those who decode without special tokens
};
constexpr std::array<Marker, 3> markers_before{
    {{markers::begin_of_sentence, true}, {markers::end_of_sentence, true}, {markers::padding, true}}};
constexpr std::array<Marker, 4> markers_behind{
    {{markers::user, true}, {markers::assistant, true}, {markers::think, false}, {markers::end_of_think, false}}};
static_assert(smallest_vocabulary == byte_symbols + markers_before.size() + markers_behind.size());

/// Appends without looking for the key among all those before it.
void append(Json& object, std::string key, Json value) {
    object.get_ref<Json::object_t&>().emplace_back(std::move(key), std::move(value));
}

Json added_token(const Marker& marker, std::size_t id) {
    return {{"id", id},        {"content", marker.spelling}, {"single_word", false},     {"lstrip", false},
            {"rstrip", false}, {"normalized", false},        {"special", marker.special}};
}

Json added_tokens(std::size_t symbols) {
    Json added = Json::array();
    for (const Marker& marker : markers_before) added.push_back(added_token(marker, added.size()));
    for (const Marker& marker : markers_behind) added.push_back(added_token(marker, symbols + added.size()));
    return added;
}

Json model_json(const LearntMerges& learnt) {
    std::vector<std::string> spellings;
    for (const std::string& symbol : learnt.symbols) spellings.push_back(text::to_byte_alphabet(symbol));
    Json vocabulary = Json::object(), merges = Json::array();
    for (const Marker& marker : markers_before) append(vocabulary, std::string(marker.spelling), vocabulary.size());
    for (const std::string& spelling : spellings) append(vocabulary, spelling, vocabulary.size());
    for (const SymbolPair& merge : learnt.merges) {
        merges.push_back(spellings[merge.left] + " " + spellings[merge.right]);
    }
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", false},
            {"vocab", std::move(vocabulary)},
            {"merges", std::move(merges)}};
}

/// BOS in front of each raw text.
Json post_processor_json() {
    const std::string bos(markers::begin_of_sentence);
    const Json begin{{"SpecialToken", {{"id", bos}, {"type_id", 0}}}};
    const auto sequence = [](const char* name, int type) {
        return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
    };
    return {{"type", "TemplateProcessing"},
            {"single", Json::array({begin, sequence("A", 0)})},
            {"pair", Json::array({begin, sequence("A", 0), sequence("B", 1)})},
            {"special_tokens", {{bos, {{"id", bos}, {"ids", Json::array({0})}, {"tokens", Json::array({bos})}}}}}};
}

Json byte_level_json() {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", false}};
}

}  // namespace

Json normalizer_json() {
    return text::named_pre_tokenizer(pre_tokenizer_name).nfc ? Json{{"type", "NFC"}} : Json();
}

Json pre_tokenizer_json() {
    Json steps = Json::array();
    for (const std::string_view pattern : text::named_pre_tokenizer(pre_tokenizer_name).patterns) {
        steps.push_back(
            {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
    }
    steps.push_back(byte_level_json());
    return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

Json tokenizer_json(const LearntMerges& learnt) {
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added_tokens(learnt.symbols.size())},
            {"normalizer", normalizer_json()},
            {"pre_tokenizer", pre_tokenizer_json()},
            {"post_processor", post_processor_json()},
            {"decoder", byte_level_json()},
            {"model", model_json(learnt)}};
}

Json tokenizer_config_json() {
    return {{"tokenizer_class", "PreTrainedTokenizerFast"},
            {"add_bos_token", true},
            {"add_eos_token", false},
            {"bos_token", markers::begin_of_sentence},
            {"eos_token", markers::end_of_sentence},
            {"pad_token", markers::padding},
            {"clean_up_tokenization_spaces", false},
            {"chat_template", deepseek_chat_template}};
}

void write_tokenizer(const std::filesystem::path& folder, const LearntMerges& learnt) {
    base::make_folders(folder);
    base::write_atomically(folder / "tokenizer_config.json", base::json_text(tokenizer_config_json(), 2) + "\n");
    base::write_atomically(folder / "tokenizer.json", base::json_text(tokenizer_json(learnt), 2) + "\n");
}

}  // namespace ergon::train
