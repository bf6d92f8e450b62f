// The merges themselves: cases worked out by hand, and properties of random texts.

#include "train/tokenizer/tokenizer_trainer.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <tuple>

#include "base/random.h"
#include "text/random_text.h"
#include "train/learnt.h"

namespace ergon::train {
namespace {

using testing::ElementsAre;

std::vector<std::string> merges_of(const LearntMerges& learnt) {
    std::vector<std::string> merges;
    for (const SymbolPair& pair : learnt.merges) {
        merges.push_back(learnt.symbols[static_cast<std::size_t>(pair.left)] + "+" +
                         learnt.symbols[static_cast<std::size_t>(pair.right)]);
    }
    return merges;
}

LearntMerges learn(const PieceCounts& pieces, std::int64_t max_merges = 1000, std::int64_t min_count = 1) {
    return learn_merges(pieces, {.max_merges = max_merges, .min_count = min_count});
}

// The example of Sennrich et al. 2016, without their marks of word ends: es 9, then est 9, then lo 7, low 7; then the
// equally frequent e+w, n+e and w+est (6 each), by the order of their symbols.
TEST(TokenizerTrainer, WorksOutTheTextbookExample) {
    const PieceCounts pieces{{"low", 5}, {"lower", 2}, {"newest", 6}, {"widest", 3}};
    const LearntMerges learnt = learn(pieces, 5);
    EXPECT_THAT(merges_of(learnt), ElementsAre("e+s", "es+t", "l+o", "lo+w", "e+w"));
    // low 1, low+e+r 3, n+ew+est 3, w+i+d+est 4
    EXPECT_EQ(learnt.tokens.value(), 5 * 1 + 2 * 3 + 6 * 3 + 3 * 4);
}

TEST(TokenizerTrainer, NumbersBytesByTheirLetters) {
    const LearntMerges learnt = learn({});
    ASSERT_EQ(learnt.symbols.size(), 256u);
    EXPECT_EQ(learnt.symbols[0], "!");
    EXPECT_EQ(learnt.symbols[static_cast<std::size_t>('a' - '!')], "a");
    EXPECT_EQ(learnt.symbols[188], std::string(1, '\0'));  // the first byte that has another's letter, U+0100
    EXPECT_EQ(learnt.symbols[255], "\xAD");                // and the last, U+0143
    EXPECT_EQ(std::set(learnt.symbols.begin(), learnt.symbols.end()).size(), 256u);
    EXPECT_EQ(learnt.tokens.value(), 0);
}

TEST(TokenizerTrainer, InARunEveryNeighbourCountsAndTheLeftmostMerge) {
    // aaaaa: aa 4 times; then aa aa a: aa+aa and aa+a once each, the smaller symbol first ("a" is older than "aa").
    EXPECT_THAT(merges_of(learn({{"aaaaa", 1}})), ElementsAre("a+a", "aa+a", "aa+aaa"));
    // aa+aa is twice as frequent as aa+a here.
    EXPECT_THAT(merges_of(learn({{"aaaaa", 1}, {"aaaa", 1}})), ElementsAre("a+a", "aa+aa", "aaaa+a"));
}

TEST(TokenizerTrainer, EqualCountsAreSettledByTheSymbols) {
    EXPECT_THAT(merges_of(learn({{"xy", 3}, {"ab", 3}, {"ac", 3}, {"aB", 3}})),
                ElementsAre("a+B", "a+b", "a+c", "x+y"));
}

TEST(TokenizerTrainer, RarePairsAreLeftAlone) {
    const PieceCounts pieces{{"ab", 3}, {"cd", 2}, {"ef", 1}};
    EXPECT_THAT(merges_of(learn(pieces, 1000, 3)), ElementsAre("a+b"));
    EXPECT_THAT(merges_of(learn(pieces, 1000, 2)), ElementsAre("a+b", "c+d"));
    EXPECT_THAT(merges_of(learn(pieces, 1000, 1)), ElementsAre("a+b", "c+d", "e+f"));
    EXPECT_THAT(merges_of(learn(pieces, 1, 1)), ElementsAre("a+b"));
    EXPECT_THAT(merges_of(learn(pieces, 0, 1)), ElementsAre());
}

TEST(TokenizerTrainer, TellsOfEachMerge) {
    std::vector<std::int64_t> told;
    learn_merges({{"abcd", 2}}, {.max_merges = 2}, [&](std::int64_t merges) { told.push_back(merges); });
    EXPECT_THAT(told, ElementsAre(1, 2));
}

/// The same by the plainest means: every pair counted anew before each merge.
LearntMerges learn_plainly(const PieceCounts& pieces, std::int64_t max_merges, std::int64_t min_count) {
    LearntMerges learnt = learn({});
    std::vector<std::pair<std::vector<SymbolId>, std::int64_t>> rows;
    for (const auto& [piece, count] : pieces) {
        rows.emplace_back(std::vector<SymbolId>{}, count);
        for (const char c : piece) {
            const auto at = std::ranges::find(learnt.symbols, std::string(1, c));
            rows.back().first.push_back(static_cast<SymbolId>(at - learnt.symbols.begin()));
        }
    }
    while (static_cast<std::int64_t>(learnt.merges.size()) < max_merges) {
        std::map<std::pair<SymbolId, SymbolId>, std::int64_t> counts;
        for (const auto& [symbols, count] : rows) {
            for (std::size_t i = 0; i + 1 < symbols.size(); ++i) counts[{symbols[i], symbols[i + 1]}] += count;
        }
        std::pair<SymbolId, SymbolId> best;
        std::int64_t most = min_count - 1;
        for (const auto& [pair, count] : counts) {
            if (count > most) std::tie(best, most) = std::tie(pair, count);
        }
        if (most < min_count) break;
        const auto merged = static_cast<SymbolId>(learnt.symbols.size());
        learnt.symbols.push_back(learnt.symbols[static_cast<std::size_t>(best.first)] +
                                 learnt.symbols[static_cast<std::size_t>(best.second)]);
        learnt.merges.push_back({.left = best.first, .right = best.second});
        for (auto& [symbols, count] : rows) {
            std::vector<SymbolId> shorter;
            for (std::size_t i = 0; i < symbols.size(); ++i) {
                const bool here = i + 1 < symbols.size() && symbols[i] == best.first && symbols[i + 1] == best.second;
                shorter.push_back(here ? merged : symbols[i]);
                if (here) ++i;
            }
            symbols = std::move(shorter);
        }
    }
    std::int64_t tokens = 0;
    for (const auto& [symbols, count] : rows) tokens += static_cast<std::int64_t>(symbols.size()) * count;
    learnt.tokens = base::Tokens(tokens);
    return learnt;
}

// Pieces over few letters, in which runs and overlaps are frequent.
TEST(TokenizerTrainer, IncrementalCountsAgreeWithCountingAnew) {
    std::size_t merges = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        base::RandomSequence random(seed);
        PieceCounts pieces;
        const std::uint64_t letters = 1 + random.below(4);
        for (std::uint64_t i = 0, count = 1 + random.below(30); i < count; ++i) {
            std::string piece;
            for (std::uint64_t k = 0, size = random.below(25); k < size; ++k) {
                piece += static_cast<char>('a' + random.below(letters));
            }
            if (!piece.empty()) pieces[piece] += static_cast<std::int64_t>(1 + random.below(20));
        }
        const auto least = static_cast<std::int64_t>(1 + random.below(6));
        const LearntMerges learnt = learn(pieces, 200, least), plain = learn_plainly(pieces, 200, least);
        ASSERT_EQ(merges_of(learnt), merges_of(plain)) << "seed " << seed;
        ASSERT_EQ(learnt.merges, plain.merges) << "seed " << seed;
        ASSERT_EQ(learnt.tokens, plain.tokens) << "seed " << seed;
        ASSERT_EQ(std::set(learnt.symbols.begin(), learnt.symbols.end()).size(), 256 + learnt.merges.size());
        merges += learnt.merges.size();
    }
    EXPECT_GT(merges, 5000u);
}

// What the tokenizer makes of the training text is what the trainer counted.
TEST(TokenizerTrainer, TheTokenizerCutsTextAsTheTrainerDid) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        base::RandomSequence random(seed, 1);
        std::string text = test::random_text(random, 3000);
        if (seed % 2 == 1) text += test::random_bytes(random, 500) + text.substr(0, text.size() / 2) + "aaaaaaabaaab\n";
        const LearntMerges learnt = test::learnt_from(text, 400);
        const text::Tokenizer tokenizer = test::tokenizer_of(learnt);
        ASSERT_EQ(static_cast<std::int64_t>(tokenizer.encode(text).size()), learnt.tokens.value()) << "seed " << seed;
        ASSERT_GT(learnt.merges.size(), 100u);
    }
}

// Byte for byte, but for what normalisation changes in valid text.
TEST(TokenizerTrainer, AnyBytesComeBack) {
    const text::Tokenizer tokenizer = test::tokenizer_of(
        test::learnt_from("It is what it is; bananas, 12 of them. Ein Mädchen läuft über die Brücke.\nÜber die Brücke "
                          "läuft es.",
                          100, 1));
    int unchanged = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        base::RandomSequence random(seed, 2);
        const std::string bytes = test::random_bytes(random, random.below(200));
        std::string expected, back;
        text::for_each_utf8_part(
            bytes, [&](std::string_view valid) { expected += text::to_nfc(valid); },
            [&](std::string_view broken) { expected += broken; });
        for (const text::TokenId id : tokenizer.encode(bytes)) back += tokenizer.bytes(id);
        ASSERT_EQ(back, expected) << "seed " << seed;
        unchanged += back == bytes;
    }
    EXPECT_GT(unchanged, 190);
}

}  // namespace
}  // namespace ergon::train
