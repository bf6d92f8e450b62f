#include "text/pre_tokenizer/pre_tokenizer.h"

#include <algorithm>

#include "text/pre_tokenizer/matches.h"
#include "text/tokenizer/vocabulary.h"

namespace ergon::text {

std::unique_ptr<const Splitter> make_isolating_splitter(std::string_view pattern, std::string_view origin) {
    auto known = make_known_splitter(pattern);
    return known ? std::move(known) : make_regex_splitter(pattern, SplitBehavior::isolated, false, origin);
}

void PreTokenizer::split_from(std::size_t step, const Pieces& pieces, const TakePieces& take) const {
    if (step == steps_.size()) return take(pieces);
    PieceSink smaller([&](const Pieces& batch) { split_from(step + 1, batch, take); });
    steps_[step]->split(pieces, smaller);
    smaller.hand_on();
}

void PreTokenizer::split(std::string_view text, const TakePieces& take) const {
    if (!text.empty()) split_from(0, {text}, take);
}

Pieces PreTokenizer::split(std::string_view text) const {
    Pieces all;
    split(text, [&all](const Pieces& batch) { all.insert(all.end(), batch.begin(), batch.end()); });
    return all;
}

void MatchCutter::add(std::size_t end, bool match) {
    const std::size_t begin = end_;
    if (end == begin) return;
    match = match != invert_;
    const bool joins = open_ && ((behavior_ == SplitBehavior::contiguous && match == last_match_) ||
                                 (behavior_ == SplitBehavior::merged_with_previous && match && !last_match_) ||
                                 (behavior_ == SplitBehavior::merged_with_next && !match && last_match_));
    if (!joins) {
        flush();
        begin_ = begin;
    }
    end_ = end;
    open_ = true;
    last_match_ = match;
    if (match && behavior_ == SplitBehavior::removed) {
        open_ = false;
        begin_ = end;
    }
}

void MatchCutter::flush() {
    if (open_) pieces_.push_back(text_.substr(begin_, end_ - begin_));
    open_ = false;
}

namespace {

class StringSplitter final : public Splitter {
  public:
    StringSplitter(std::string_view needle, SplitBehavior behavior, bool invert)
        : needle_(needle), behavior_(behavior), invert_(invert) {}

    void split(const Pieces& pieces, PieceSink& smaller) const override {
        for (const std::string_view piece : pieces) {
            MatchCutter cutter(piece, behavior_, invert_, smaller);
            for (std::size_t i = piece.find(needle_); i != std::string_view::npos;
                 i = piece.find(needle_, i + needle_.size())) {
                cutter.match(i, i + needle_.size());
            }
            cutter.finish();
        }
    }

  private:
    std::string needle_;
    SplitBehavior behavior_;
    bool invert_;
};

class SpaceMarkSplitter final : public Splitter {
  public:
    void split(const Pieces& pieces, PieceSink& smaller) const override {
        constexpr std::string_view mark = "▁";
        for (const std::string_view piece : pieces) {
            std::size_t begin = 0, last_end = 0;  // of the piece being gathered; of the mark before
            for (std::size_t i = piece.find(mark); i != std::string_view::npos; i = piece.find(mark, last_end)) {
                if (i != last_end) {
                    smaller.push_back(piece.substr(begin, i - begin));
                    begin = i;
                }
                last_end = i + mark.size();
            }
            if (begin < piece.size()) smaller.push_back(piece.substr(begin));
        }
    }
};

class ByteAlphabetSplitter final : public Splitter {
  public:
    explicit ByteAlphabetSplitter(std::unique_ptr<const Splitter> splitter) : splitter_(std::move(splitter)) {}

    void split(const Pieces& pieces, PieceSink& smaller) const override {
        for (const std::string_view piece : pieces) {
            const std::string written = to_byte_alphabet(piece);
            std::size_t begin = 0, at = 0;  // in the piece; in `written`
            PieceSink written_pieces([&](const Pieces& batch) {
                for (const std::string_view part : batch) {
                    begin += characters(written, at, static_cast<std::size_t>(part.data() - written.data()));
                    at = static_cast<std::size_t>(part.data() - written.data()) + part.size();
                    const std::size_t size = characters(part, 0, part.size());
                    smaller.push_back(piece.substr(begin, size));
                    begin += size;
                }
            });
            splitter_->split({written}, written_pieces);
            written_pieces.hand_on();
        }
    }

  private:
    static std::size_t characters(std::string_view text, std::size_t begin, std::size_t end) {
        return static_cast<std::size_t>(std::count_if(
            text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end),
            [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    }

    std::unique_ptr<const Splitter> splitter_;
};

}  // namespace

std::unique_ptr<const Splitter> make_byte_alphabet_splitter(std::unique_ptr<const Splitter> splitter) {
    return std::make_unique<ByteAlphabetSplitter>(std::move(splitter));
}

std::unique_ptr<const Splitter> make_space_mark_splitter() {
    return std::make_unique<SpaceMarkSplitter>();
}

std::unique_ptr<const Splitter> make_string_splitter(std::string_view needle, SplitBehavior behavior, bool invert) {
    return std::make_unique<StringSplitter>(needle, behavior, invert);
}

}  // namespace ergon::text
