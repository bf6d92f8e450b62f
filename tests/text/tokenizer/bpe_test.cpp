#include "text/tokenizer/bpe.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <tuple>

#include "base/random.h"

namespace ergon::text {
namespace {

// Merges the best pair of the whole sequence, again and again: the definition.
std::vector<TokenId> merge_by_definition(std::vector<TokenId> symbols, const std::vector<Merge>& merges) {
    while (true) {
        const Merge* best = nullptr;
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            for (const Merge& merge : merges) {
                if (merge.left != symbols[i] || merge.right != symbols[i + 1]) continue;
                if (best == nullptr || merge.rank < best->rank) {
                    best = &merge;
                    at = i;
                }
                break;
            }
        }
        if (best == nullptr) return symbols;
        symbols[at] = best->merged;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

// Merges in any order, also of symbols that come later, and several with one rank.
TEST(Bpe, EqualsItsDefinition) {
    base::RandomSequence random(41);
    for (int round = 0; round < 60; ++round) {
        BpeModel model;
        for (int i = 0; i < 3; ++i) model.byte_tokens[static_cast<std::size_t>('a' + i)] = i;
        std::vector<Merge> merges;
        for (TokenId merged = 3; merged < 14; ++merged) {
            const auto pick = [&] { return static_cast<TokenId>(random.below(static_cast<std::uint64_t>(merged))); };
            merges.push_back({.left = pick(),
                              .right = pick(),
                              .merged = merged,
                              .rank = static_cast<std::uint32_t>(random.below(round % 2 == 0 ? 6 : 1000))});
        }
        model.merges = MergeTable(merges);
        BpeEncoder encoder(model);
        for (int i = 0; i < 40; ++i) {
            std::string piece;
            std::vector<TokenId> symbols;
            // Lengths on both sides of where the scan gives way to the heap.
            for (std::uint64_t k = random.below(i % 4 == 0 ? 200 : 12); k > 0; --k) {
                symbols.push_back(static_cast<TokenId>(random.below(3)));
                piece += static_cast<char>('a' + symbols.back());
            }
            std::vector<TokenId> tokens{99};  // what is there stays
            encoder.encode(piece, tokens);
            encoder.encode(piece, tokens);  // remembered
            std::vector<TokenId> expected = merge_by_definition(symbols, merges);
            expected.insert(expected.end(), expected.begin(),
                            expected.begin() + static_cast<std::ptrdiff_t>(expected.size()));
            expected.insert(expected.begin(), 99);
            ASSERT_EQ(tokens, expected) << piece;
        }
    }
}

TEST(Bpe, RemembersManyWords) {
    BpeModel model;
    for (int i = 0; i < 26; ++i) model.byte_tokens[static_cast<std::size_t>('a' + i)] = i;
    BpeEncoder encoder(model);
    base::RandomSequence random(42);
    for (int i = 0; i < 100'000; ++i) {
        std::string word;
        std::vector<TokenId> expected, tokens;
        for (std::uint64_t k = 1 + random.below(4); k > 0; --k) {
            expected.push_back(static_cast<TokenId>(random.below(26)));
            word += static_cast<char>('a' + expected.back());
        }
        encoder.encode(word, tokens);
        ASSERT_EQ(tokens, expected);
    }
}

}  // namespace
}  // namespace ergon::text
