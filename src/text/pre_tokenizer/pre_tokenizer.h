#pragma once
// Pre-tokenisers: text is cut into pieces, and merges never cross from one piece to the next.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ergon::text {

using Pieces = std::vector<std::string_view>;
using TakePieces = std::function<void(const Pieces&)>;

/// Where a splitter puts its pieces. They are handed on in batches: those of a long text never stand in memory
/// together.
class PieceSink {
  public:
    explicit PieceSink(TakePieces take) : take_(std::move(take)) {}
    void push_back(std::string_view piece) {
        batch_.push_back(piece);
        if (batch_.size() == batch_size) hand_on();
    }
    /// Also what is no whole batch yet.
    void hand_on() {
        if (!batch_.empty()) take_(batch_);
        batch_.clear();
    }

  private:
    static constexpr std::size_t batch_size = 4096;  // 64 KiB, which a cache holds

    TakePieces take_;
    Pieces batch_;
};

/// Cuts each of some pieces into smaller ones. The text is valid UTF-8. Safe to use from several threads.
class Splitter {
  public:
    virtual ~Splitter() = default;
    /// Appends the pieces of each piece, in order; empty ones are dropped.
    virtual void split(const Pieces& pieces, PieceSink& smaller) const = 0;
};

/// What happens to the matches of a pattern (the names of tokenizer.json).
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// A splitter on a regular expression in the dialect of tokenizer.json (Oniguruma's), run by PCRE2.
/// With `invert` the text between matches is treated as the match. Throws Error(unsupported | bad_file) naming
/// `origin`.
std::unique_ptr<const Splitter> make_regex_splitter(std::string_view pattern, SplitBehavior behavior, bool invert,
                                                    std::string_view origin);

/// A hand-written splitter that isolates the matches of this very pattern, faster or with a better bound on time than a
/// regular expression can have; null if there is none for it.
std::unique_ptr<const Splitter> make_known_splitter(std::string_view pattern);

/// Isolates the matches of a pattern, by hand-written code where there is some.
std::unique_ptr<const Splitter> make_isolating_splitter(std::string_view pattern, std::string_view origin);

/// A splitter on a fixed string.
std::unique_ptr<const Splitter> make_string_splitter(std::string_view needle, SplitBehavior behavior, bool invert);

/// Cuts before each `▁` (SentencePiece's space) that follows something else.
std::unique_ptr<const Splitter> make_space_mark_splitter();

/// A splitter that sees each byte as the character that the byte-level alphabet writes for it, as steps behind
/// ByteLevel in tokenizer.json do. Its pieces may be any bytes.
std::unique_ptr<const Splitter> make_byte_alphabet_splitter(std::unique_ptr<const Splitter> splitter);

/// A sequence of splitters. Empty: the whole text is one piece.
class PreTokenizer {
  public:
    /// The pre-tokeniser that GGUF files call `name`. Throws Error(unsupported) naming it and listing those known.
    static PreTokenizer named(std::string_view name);

    void add(std::unique_ptr<const Splitter> step) { steps_.push_back(std::move(step)); }
    /// The number of steps.
    std::size_t size() const { return steps_.size(); }
    /// The pieces of valid UTF-8 text, in order.
    void split(std::string_view text, const TakePieces& take) const;
    Pieces split(std::string_view text) const;

  private:
    void split_from(std::size_t step, const Pieces& pieces, const TakePieces& take) const;

    std::vector<std::unique_ptr<const Splitter>> steps_;
};

/// What a GGUF pre-tokeniser's name implies beside its patterns.
struct NamedPreTokenizer {
    std::string_view name;
    std::vector<std::string_view> patterns;
    bool nfc = false;            // the published tokenizer.json normalises to NFC
    bool ignore_merges = false;  // a piece that is a token is that token, whatever the merges say
    bool adds_bos = false;       // unless the file says otherwise
};

/// Throws Error(unsupported) naming it and listing those known.
const NamedPreTokenizer& named_pre_tokenizer(std::string_view name);
/// All of them.
const std::vector<NamedPreTokenizer>& named_pre_tokenizers();

/// The pattern of GPT-2, which `ByteLevel` in tokenizer.json uses.
extern const std::string_view gpt2_pattern;

}  // namespace ergon::text
