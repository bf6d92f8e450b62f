#include "text/tokenizer/bpe.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <queue>

#include "text/unicode.h"

namespace ergon::text {
namespace {

// Up to here a scan for the best pair beats a heap: a cache line or two of ranks. Words have a handful of symbols.
constexpr std::size_t few_symbols = 48;
// Remembering pays for words, which come again; English has some 10^5 different ones per 10 MB (measured), after that
// the table only grows.
constexpr std::size_t longest_remembered = 48;
constexpr std::size_t max_remembered = std::size_t{1} << 18;
constexpr std::size_t first_slots = 256;

}  // namespace

MergeTable::MergeTable(const std::vector<Merge>& merges) {
    slots_.resize(std::bit_ceil(merges.size() * 2 + 2));
    mask_ = slots_.size() - 1;
    for (const Merge& merge : merges) {
        const std::uint64_t key = key_of(merge.left, merge.right);
        std::size_t i = slot_of(key);
        while (slots_[i].key != empty && slots_[i].key != key) i = (i + 1) & mask_;
        if (slots_[i].key == empty) slots_[i] = {.key = key, .found = {.rank = merge.rank, .merged = merge.merged}};
    }
}

void BpeEncoder::encode(std::string_view piece, std::vector<TokenId>& tokens) {
    if (piece.size() > longest_remembered || piece.empty()) return encode_anew(piece, tokens);
    const std::uint64_t hash = base::hash_of(piece);
    if (slots_.empty()) slots_.resize(first_slots);
    Remembered* slot = look_up(piece, hash);
    if (slot->key_size == 0) {
        const std::size_t before = tokens.size();
        encode_anew(piece, tokens);
        if (used_ == max_remembered) return;
        if (++used_ * 2 > slots_.size()) {
            grow();
            slot = look_up(piece, hash);
        }
        *slot = {.hash = hash,
                 .key_begin = static_cast<std::uint32_t>(keys_.size()),
                 .key_size = static_cast<std::uint32_t>(piece.size()),
                 .first = static_cast<std::uint32_t>(tokens_.size()),
                 .count = static_cast<std::uint32_t>(tokens.size() - before)};
        keys_ += piece;
        tokens_.insert(tokens_.end(), tokens.begin() + static_cast<std::ptrdiff_t>(before), tokens.end());
        return;
    }
    for (std::uint32_t i = 0; i < slot->count; ++i) tokens.push_back(tokens_[slot->first + i]);
}

BpeEncoder::Remembered* BpeEncoder::look_up(std::string_view piece, std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
        Remembered& slot = slots_[i];
        if (slot.key_size == 0) return &slot;
        if (slot.hash == hash && std::string_view(keys_).substr(slot.key_begin, slot.key_size) == piece) return &slot;
    }
}

void BpeEncoder::grow() {
    std::vector<Remembered> old(slots_.size() * 4);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Remembered& slot : old) {
        if (slot.key_size == 0) continue;
        std::size_t i = slot.hash & mask;
        while (slots_[i].key_size != 0) i = (i + 1) & mask;
        slots_[i] = slot;
    }
}

void BpeEncoder::encode_anew(std::string_view piece, std::vector<TokenId>& tokens) {
    if (!model_->whole_pieces.empty()) {
        if (const auto whole = model_->whole_pieces.find(piece); whole != model_->whole_pieces.end()) {
            tokens.push_back(whole->second);
            return;
        }
    }
    split_into_symbols(piece);
    if (symbols_.size() <= few_symbols) {
        merge_few();
    } else {
        merge_many();
    }
    tokens.insert(tokens.end(), symbols_.begin(), symbols_.end());
}

void BpeEncoder::split_into_symbols(std::string_view piece) {
    symbols_.clear();
    if (!model_->over_characters) return add_bytes(piece);
    for (std::size_t i = 0; i < piece.size();) {
        const Utf8Scan scan = scan_utf8(piece.substr(i));
        const std::string_view character = piece.substr(i, scan.length);
        i += scan.length;
        if (scan.kind == Utf8Scan::Kind::character) {
            const auto found = model_->character_tokens.find(decode_character(character.data()).code);
            if (found != model_->character_tokens.end()) {
                symbols_.push_back(found->second);
                continue;
            }
        }
        add_bytes(character);
    }
}

void BpeEncoder::add_bytes(std::string_view bytes) {
    const std::size_t before = symbols_.size();
    for (const char c : bytes) {
        const TokenId token = model_->byte_tokens[static_cast<unsigned char>(c)];
        if (token != BpeModel::none) {
            symbols_.push_back(token);
            continue;
        }
        if (model_->over_characters) {
            // One byte without a token: the character as a whole is unknown.
            symbols_.resize(before);
            const bool fused = model_->fuse_unknown && !symbols_.empty() && symbols_.back() == model_->unknown;
            if (model_->unknown != BpeModel::none && !fused) symbols_.push_back(model_->unknown);
            return;
        }
        if (model_->unknown != BpeModel::none) symbols_.push_back(model_->unknown);
    }
}

void BpeEncoder::merge_few() {
    const MergeTable& merges = model_->merges;
    ranks_.clear();
    for (std::size_t i = 0; i + 1 < symbols_.size(); ++i) {
        ranks_.push_back(merges.find(symbols_[i], symbols_[i + 1]).rank);
    }
    while (!ranks_.empty()) {
        const auto best = std::min_element(ranks_.begin(), ranks_.end());
        if (*best == MergeTable::no_rank) return;
        const auto i = static_cast<std::size_t>(best - ranks_.begin());
        symbols_[i] = merges.find(symbols_[i], symbols_[i + 1]).merged;
        symbols_.erase(symbols_.begin() + static_cast<std::ptrdiff_t>(i + 1));
        ranks_.erase(best);
        if (i < ranks_.size()) ranks_[i] = merges.find(symbols_[i], symbols_[i + 1]).rank;
        if (i > 0) ranks_[i - 1] = merges.find(symbols_[i - 1], symbols_[i]).rank;
    }
}

// A heap of (rank, position) over a linked list: n log n for pieces of any length.
void BpeEncoder::merge_many() {
    constexpr std::uint32_t end = ~std::uint32_t{0};
    constexpr TokenId merged_away = -2;
    struct Link {
        std::uint32_t previous, next;
    };
    const MergeTable& merges = model_->merges;
    const auto count = static_cast<std::uint32_t>(symbols_.size());
    std::vector<Link> links(count);
    ranks_.assign(count, MergeTable::no_rank);
    std::vector<std::uint64_t> pairs;
    const auto entry = [](std::uint32_t rank, std::uint32_t at) { return std::uint64_t{rank} << 32 | at; };
    for (std::uint32_t i = 0; i < count; ++i) {
        links[i] = {.previous = i == 0 ? end : i - 1, .next = i + 1 == count ? end : i + 1};
        if (i + 1 < count) ranks_[i] = merges.find(symbols_[i], symbols_[i + 1]).rank;
        if (ranks_[i] != MergeTable::no_rank) pairs.push_back(entry(ranks_[i], i));
    }
    std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap(std::greater<>{},
                                                                                        std::move(pairs));
    const auto rank_again = [&](std::uint32_t i) {
        const std::uint32_t next = links[i].next;
        ranks_[i] = next == end ? MergeTable::no_rank : merges.find(symbols_[i], symbols_[next]).rank;
        if (ranks_[i] != MergeTable::no_rank) heap.push(entry(ranks_[i], i));
    };
    while (!heap.empty()) {
        const auto rank = static_cast<std::uint32_t>(heap.top() >> 32);
        const auto i = static_cast<std::uint32_t>(heap.top());
        heap.pop();
        if (symbols_[i] == merged_away || ranks_[i] != rank) continue;  // the pair has changed since
        const std::uint32_t right = links[i].next;
        symbols_[i] = merges.find(symbols_[i], symbols_[right]).merged;
        symbols_[right] = merged_away;
        ranks_[right] = MergeTable::no_rank;
        links[i].next = links[right].next;
        if (links[i].next != end) links[links[i].next].previous = i;
        rank_again(i);
        if (links[i].previous != end) rank_again(links[i].previous);
    }
    std::erase(symbols_, merged_away);
}

}  // namespace ergon::text
