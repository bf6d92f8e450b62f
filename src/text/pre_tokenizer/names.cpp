// The pre-tokenisers that GGUF files name (`tokenizer.ggml.pre`), as patterns in the dialect of tokenizer.json. Each
// row gives the patterns of the published tokenizer.json of that model family, applied one after the other.

#include <algorithm>

#include "base/error.h"
#include "text/pre_tokenizer/pre_tokenizer.h"

namespace ergon::text {

const std::string_view gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen35_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view any_digits_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view no_contractions_pattern =
    R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view bailing_pattern =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view seed_coder_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view jais2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})";
// Possessive where the published pattern is greedy: the same matches, without a stack that grows with the word.
constexpr std::string_view exaone_moe_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*+(?: \p{L}\p{M}*+)*+)++|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view gpt4o_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view youtu_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekken_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view deepseek_v3_pattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view spark_pattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view cjk_pattern = R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)";
constexpr std::string_view cjk_hangul_pattern = R"([\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";
constexpr std::string_view youtu_scripts_pattern =
    R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)";
constexpr std::string_view bloom_pattern = R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+)";
// The scripts whose letters deepseek-llm keeps in words: Latin, Greek, Cyrillic and other cased ones.
constexpr std::string_view deepseek_llm_words =
    R"(\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+)";
constexpr std::string_view deepseek_llm_punctuation =
    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)";

std::vector<NamedPreTokenizer> build_table() {
    using Patterns = std::vector<std::string_view>;
    const Patterns llama3{llama3_pattern};
    const Patterns qwen2{qwen2_pattern};
    const Patterns gpt2{gpt2_pattern};
    const Patterns single_digits{R"(\p{N})", gpt2_pattern};
    const Patterns deepseek_v3{R"(\p{N}{1,3})", cjk_pattern, deepseek_v3_pattern};
    const Patterns gpt4o{gpt4o_pattern};
    const Patterns bloom{bloom_pattern};
    const Patterns bailing{bailing_pattern};
    const Patterns right_grouped{R"(\d{1,3}(?=(?:\d{3})*\b))", gpt4o_pattern};
    const Patterns default_patterns{R"([\p{P}\$\+<=>\^~\|]+)", gpt2_pattern, R"(\p{N}+)", "[0-9][0-9][0-9]"};

    std::vector<NamedPreTokenizer> table;
    const auto add = [&table](const Patterns& patterns, std::initializer_list<std::string_view> names,
                              NamedPreTokenizer traits = {}) {
        traits.patterns = patterns;
        for (const std::string_view name : names) {
            traits.name = name;
            table.push_back(traits);
        }
    };
    const NamedPreTokenizer nfc{.name = {}, .patterns = {}, .nfc = true};
    const NamedPreTokenizer whole_words{.name = {}, .patterns = {}, .ignore_merges = true};
    const NamedPreTokenizer whole_words_bos{.name = {}, .patterns = {}, .ignore_merges = true, .adds_bos = true};
    const NamedPreTokenizer bos{.name = {}, .patterns = {}, .adds_bos = true};

    add(llama3, {"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"},
        whole_words_bos);
    add(llama3, {"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"});
    add({jais2_pattern}, {"jais-2"});
    add(qwen2, {"qwen2", "deepseek-r1-qwen", "megrez", "kormo"}, nfc);
    add(qwen2, {"stablelm2", "hunyuan", "solar-open", "grok-2"});
    add({qwen35_pattern}, {"qwen35"}, nfc);
    add({no_contractions_pattern}, {"ufakzeka"});
    add({R"([^\n]+|[\n]+)", qwen2_pattern}, {"laguna"});
    add({R"(\p{N}{1,3})", any_digits_pattern}, {"minicpm5"}, whole_words);
    add(bailing, {"bailingmoe", "bailingmoe2", "llada-moe"});
    add({seed_coder_pattern}, {"seed-coder"});
    add({exaone_moe_pattern}, {"exaone-moe"});
    add({R"([\r\n])", deepseek_llm_words, deepseek_llm_punctuation, R"(\s+$)", cjk_hangul_pattern, R"(\p{N})"},
        {"deepseek-llm"});
    add({R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", cjk_hangul_pattern, R"(\p{N})"}, {"deepseek-coder"});
    add(deepseek_v3, {"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"});
    add({R"(\p{N}{1,3})", cjk_pattern, spark_pattern, R"(\p{N})"}, {"spark2_5"});
    add({R"([\p{P}\$\+<=>\^~\|`]+)", gpt2_pattern, "[0-9][0-9][0-9]"}, {"falcon"});
    add(single_digits, {"smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"});
    add(single_digits, {"command-r"}, nfc);
    add(gpt2, {"gpt-2", "phi-2", "jais", "trillion", "granite-docling", "exaone4", "gigachat", "a.x-4.0", "mellum",
               "jina-es", "jina-de", "jina-v2-es", "jina-v2-de"});
    add(gpt2, {"mpt", "olmo"}, nfc);
    add(bloom, {"bloom", "poro-chat", "gpt3-finnish"});
    add({bloom_pattern, R"(\p{N})"}, {"viking"});
    add({tekken_pattern}, {"tekken"}, whole_words_bos);
    add(gpt4o, {"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"});
    add({youtu_scripts_pattern, youtu_pattern}, {"youtu"}, whole_words);
    add(right_grouped, {"tiny_aya", "cohere2moe"});
    add({R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}, {"superbpe"});
    add({"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", R"(([\t\n]|    |  ))", R"(\p{N})",
         R"([\p{P}!-/:-@\[-`{-~])", gpt2_pattern},
        {"chameleon"}, bos);
    // Files from before `tokenizer.ggml.pre` existed are read with these patterns by the llama.cpp family.
    add(default_patterns, {"default"});
    return table;
}

}  // namespace

const std::vector<NamedPreTokenizer>& named_pre_tokenizers() {
    static const std::vector<NamedPreTokenizer> table = build_table();
    return table;
}

const NamedPreTokenizer& named_pre_tokenizer(std::string_view name) {
    const auto& table = named_pre_tokenizers();
    const auto found = std::find_if(table.begin(), table.end(), [name](const auto& row) { return row.name == name; });
    if (found != table.end()) return *found;
    std::string known;
    for (const auto& row : table) known.append(known.empty() ? "" : ", ").append(row.name);
    base::fail(base::ErrorCode::unsupported,
               "the pre-tokenizer '{}' (tokenizer.ggml.pre) is not supported; supported are: {}", name, known);
}

PreTokenizer PreTokenizer::named(std::string_view name) {
    PreTokenizer pre_tokenizer;
    for (const std::string_view pattern : named_pre_tokenizer(name).patterns) {
        pre_tokenizer.add(make_isolating_splitter(pattern, name));
    }
    return pre_tokenizer;
}

}  // namespace ergon::text
