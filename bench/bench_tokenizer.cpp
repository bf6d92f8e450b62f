// How fast text becomes tokens, on one core, end to end: the real vocabularies, and every pre-tokeniser with the merges
// of one of them. 10 MB of text: bench_tokenizer [FILE], else the English of tests/fixtures repeated (few different
// words).

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "base/files/file.h"
#include "formats/gguf.h"
#include "text/tokenizer/parts.h"
#include "text/unicode.h"

namespace {

using namespace ergon;

constexpr std::size_t text_size = 10'000'000;

std::string sized(std::string_view unit) {
    std::string text;
    while (text.size() < text_size) text += unit;
    text.resize(text_size);
    return text;
}

formats::Gguf vocabulary(const std::string& name) {
    return formats::Gguf::open(std::string(ERGON_FIXTURES "/vocab/") + name + ".gguf");
}

void count_bytes(benchmark::State& state, const std::string& text) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}

// The answer is checked before it is timed: the tokens give back the text, but for what a vocabulary normalises.
void encode_text(benchmark::State& state, const text::Tokenizer& tokenizer, const std::string& text) {
    const std::vector<text::TokenId> tokens = tokenizer.encode(text);
    const std::string decoded = tokenizer.decode(tokens);
    const bool right =
        tokenizer.pre_tokenizer() == "deepseek-r1-qwen" ? decoded == text::to_nfc(text) : decoded == text;
    if (!right) return state.SkipWithError("the round trip changed the text");
    for (auto _ : state) benchmark::DoNotOptimize(tokenizer.encode(text));
    count_bytes(state, text);
}

void encode_pieces(benchmark::State& state, const std::string& name, const text::TokenizerParts& parts,
                   const std::string& text) {
    const auto pre_tokenizer = text::PreTokenizer::named(name);
    const auto encode = [&] {
        std::vector<text::TokenId> tokens;
        text::BpeEncoder encoder(parts.bpe);
        for (const std::string_view piece : pre_tokenizer.split(text)) encoder.encode(piece, tokens);
        return tokens;
    };
    std::string bytes;
    for (const text::TokenId id : encode()) bytes += parts.vocabulary.bytes(id);
    if (bytes != text) return state.SkipWithError("the round trip changed the text");
    for (auto _ : state) benchmark::DoNotOptimize(encode());
    count_bytes(state, text);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const std::string english = sized(base::read_text(argc > 1 ? argv[1] : ERGON_FIXTURES "/text/english.txt"));
    for (const std::string name : {"r1-distill-qwen", "deepseek-llm", "smollm2"}) {
        benchmark::RegisterBenchmark(("vocabulary/" + name).c_str(), [name, &english](benchmark::State& state) {
            encode_text(state, text::Tokenizer::from_gguf(vocabulary(name)), english);
        })->Unit(benchmark::kMillisecond);
    }
    const text::TokenizerParts parts = text::parts_from_gguf(vocabulary("r1-distill-qwen"));
    std::set<std::vector<std::string_view>> seen;
    for (const auto& named : text::named_pre_tokenizers()) {
        if (!seen.insert(named.patterns).second) continue;
        const std::string name(named.name);
        benchmark::RegisterBenchmark(("pre_tokenizer/" + name).c_str(), [&, name](benchmark::State& state) {
            encode_pieces(state, name, parts, english);
        })->Unit(benchmark::kMillisecond);
    }
    for (const std::string unit : {"a", " ", "7", "a ", "\n", "中", "ab"}) {
        for (const std::string name : {"r1-distill-qwen", "deepseek-llm"}) {
            const std::string label = fmt::format("{}/10 MB of '{}'", name, unit == "\n" ? "\\n" : unit);
            benchmark::RegisterBenchmark(label.c_str(), [unit, name](benchmark::State& state) {
                std::string text = sized(unit);
                text.resize(text.size() - text.size() % unit.size());
                encode_text(state, text::Tokenizer::from_gguf(vocabulary(name)), text);
            })->Unit(benchmark::kMillisecond);
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
