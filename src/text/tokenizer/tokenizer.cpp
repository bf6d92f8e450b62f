#include "text/tokenizer/tokenizer.h"

#include <limits>

#include "base/error.h"
#include "base/files/file.h"
#include "text/tokenizer/parts.h"
#include "text/unicode.h"

namespace ergon::text {

struct Tokenizer::Impl {
    TokenizerParts parts;
};

namespace {

/// One call of encode: special tokens are cut out, what is between them is normalised, cut into pieces and merged.
/// Tokens are handed on as they come.
class Encoding {
  public:
    Encoding(const TokenizerParts& parts, const TakeTokens& take) : parts_(parts), take_(take), bpe_(parts.bpe) {}

    void encode(std::string_view text, std::span<const MarkedText::Run> authors) {
        if (text.size() > std::numeric_limits<std::int32_t>::max()) {
            base::fail(base::ErrorCode::bad_argument, "a text of {} bytes is too long to be tokenized at once",
                       text.size());
        }
        parts_.special.cut(text, authors, [&](const TextPart& part) {
            if (part.token) {
                tokens_.push_back(*part.token);
                hand_on_many();
            } else {
                ordinary(text.substr(part.begin, part.end - part.begin), part.begin == 0);
            }
        });
        take_(tokens_);
    }

  private:
    // Bytes that are not UTF-8 are pieces of their own; what is between them is text.
    void ordinary(std::string_view text, bool first) {
        for_each_utf8_part(
            text, [&](std::string_view valid) { words(valid, first && valid.data() == text.data()); },
            [&](std::string_view broken) { bytes(broken); });
    }

    void bytes(std::string_view broken) {
        std::string piece;
        for (const char c : broken) {
            if (parts_.bpe.byte_tokens[static_cast<unsigned char>(c)] == BpeModel::none) {
                piece += replacement_character;
            } else {
                piece += c;
            }
        }
        bpe_.encode(piece, tokens_);
        hand_on_many();
    }

    void words(std::string_view text, bool first) {
        std::string buffer;
        text = parts_.normalizer.apply(text, first, buffer);
        if (parts_.special_in_normalized.empty()) return pieces(text, first);
        parts_.special_in_normalized.cut(text, {}, [&](const TextPart& part) {
            if (part.token) {
                tokens_.push_back(*part.token);
                hand_on_many();
            } else {
                pieces(text.substr(part.begin, part.end - part.begin), first && part.begin == 0);
            }
        });
    }

    void pieces(std::string_view text, bool first) {
        std::string buffer, spaced;
        text = parts_.metaspace.apply(text, first, spaced);
        if (parts_.prefix_space && !text.starts_with(' ')) {
            buffer = " ";
            buffer += text;
            text = buffer;
        }
        parts_.pre_tokenizer.split(text, [this](const Pieces& batch) {
            for (const std::string_view piece : batch) bpe_.encode(piece, tokens_);
            hand_on_many();
        });
    }

    void hand_on_many() {
        constexpr std::size_t many = 1 << 16;
        if (tokens_.size() < many) return;
        take_(tokens_);
        tokens_.clear();
    }

    const TokenizerParts& parts_;
    const TakeTokens& take_;
    BpeEncoder bpe_;
    std::vector<TokenId> tokens_;
};

std::vector<TokenId> all_tokens(const TokenizerParts& parts, std::string_view text,
                                std::span<const MarkedText::Run> authors) {
    std::vector<TokenId> tokens;
    const TakeTokens take = [&tokens](std::span<const TokenId> some) {
        tokens.insert(tokens.end(), some.begin(), some.end());
    };
    Encoding(parts, take).encode(text, authors);
    return tokens;
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::from_gguf(const formats::Gguf& file) {
    return Tokenizer(std::make_unique<const Impl>(parts_from_gguf(file)));
}

Tokenizer Tokenizer::from_folder(const formats::HfFolder& folder) {
    const std::string json = base::read_text(folder.tokenizer_json(), base::json_file_limit);
    TokenizerParts parts =
        parts_from_json(json, folder.tokenizer_config, folder.generation_config, folder.tokenizer_json().string());
    // Newer folders keep the template in a file of its own, which then counts.
    const std::filesystem::path template_file = folder.path / "chat_template.jinja";
    if (auto held = base::read_optional_text(template_file, std::size_t{1} << 24))
        parts.chat_template = *std::move(held);
    return Tokenizer(std::make_unique<const Impl>(std::move(parts)));
}

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, const base::Json& tokenizer_config,
                               std::string_view origin) {
    return Tokenizer(
        std::make_unique<const Impl>(parts_from_json(tokenizer_json, tokenizer_config, base::Json(), origin)));
}

std::vector<TokenId> Tokenizer::encode(std::string_view words) const {
    const MarkedText::Run person{.begin = 0, .author = Author::person};
    return all_tokens(impl_->parts, words, {&person, 1});
}

std::vector<TokenId> Tokenizer::encode_with_special(std::string_view text) const {
    const MarkedText::Run by_template{.begin = 0, .author = Author::chat_template};
    return all_tokens(impl_->parts, text, {&by_template, 1});
}

void Tokenizer::stream(std::string_view text, bool special, const TakeTokens& take) const {
    const MarkedText::Run all{.begin = 0, .author = special ? Author::chat_template : Author::person};
    Encoding(impl_->parts, take).encode(text, {&all, 1});
}

std::vector<TokenId> Tokenizer::encode(const MarkedText& text) const {
    return all_tokens(impl_->parts, text.text(), text.runs());
}

std::string_view Tokenizer::bytes(TokenId id) const {
    const Vocabulary& vocabulary = impl_->parts.vocabulary;
    if (!vocabulary.has(id)) {
        base::fail(base::ErrorCode::bad_argument, "{} is not a token id: this vocabulary has 0 to {}", id,
                   vocabulary.size() - 1);
    }
    return vocabulary.bytes(id);
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool with_control) const {
    Detokenizer detokenizer(*this, with_control);
    std::string text;
    for (const TokenId id : ids) text += detokenizer.push(id);
    return text + detokenizer.finish();
}

std::int64_t Tokenizer::size() const {
    return impl_->parts.vocabulary.size();
}
std::optional<TokenId> Tokenizer::find(std::string_view token_text) const {
    return impl_->parts.vocabulary.find(token_text);
}
bool Tokenizer::is_control(TokenId id) const {
    return impl_->parts.vocabulary.has(id) && impl_->parts.vocabulary.is_control(id);
}
bool Tokenizer::ends_generation(TokenId id) const {
    return impl_->parts.end_tokens.contains(id);
}
std::optional<TokenId> Tokenizer::bos() const {
    return impl_->parts.bos;
}
std::optional<TokenId> Tokenizer::eos() const {
    return impl_->parts.eos;
}
bool Tokenizer::adds_bos() const {
    return impl_->parts.adds_bos;
}
bool Tokenizer::adds_eos() const {
    return impl_->parts.adds_eos;
}
bool Tokenizer::strips_leading_space() const {
    return impl_->parts.strips_leading_space;
}
const std::string& Tokenizer::chat_template() const {
    return impl_->parts.chat_template;
}
std::string_view Tokenizer::pre_tokenizer() const {
    return impl_->parts.pre_tokenizer_name;
}

}  // namespace ergon::text
