#include "text/tokenizer.h"

#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

namespace ergon::text {

struct Tokenizer::Impl {
    TokenizerParts parts;
};

namespace {

/// One call of encode: special tokens are cut out, what is between them is normalised, cut into pieces and merged.
class Encoding {
  public:
    explicit Encoding(const TokenizerParts& parts) : parts_(parts), bpe_(parts.bpe) {}

    std::vector<TokenId> encode(std::string_view text, std::span<const MarkedText::Run> authors) {
        if (text.size() > std::numeric_limits<std::int32_t>::max()) {
            base::fail(base::ErrorCode::bad_argument, "a text of {} bytes is too long to be tokenised at once",
                       text.size());
        }
        for (const TextPart& part : parts_.special.cut(text, authors)) {
            if (part.token) {
                tokens_.push_back(*part.token);
            } else {
                ordinary(text.substr(part.begin, part.end - part.begin), part.begin == 0);
            }
        }
        return std::move(tokens_);
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
    }

    void words(std::string_view text, bool first) {
        std::string buffer;
        text = parts_.normalizer.apply(text, first, buffer);
        if (parts_.special_in_normalized.empty()) return pieces(text);
        for (const TextPart& part : parts_.special_in_normalized.cut(text, {})) {
            if (part.token) {
                tokens_.push_back(*part.token);
            } else {
                pieces(text.substr(part.begin, part.end - part.begin));
            }
        }
    }

    void pieces(std::string_view text) {
        std::string buffer;
        if (parts_.prefix_space && !text.starts_with(' ')) {
            buffer = " ";
            buffer += text;
            text = buffer;
        }
        for (const std::string_view piece : parts_.pre_tokenizer.split(text)) bpe_.encode(piece, tokens_);
    }

    const TokenizerParts& parts_;
    BpeEncoder bpe_;
    std::vector<TokenId> tokens_;
};

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::from_gguf(const formats::Gguf& file) {
    return Tokenizer(std::make_unique<const Impl>(parts_from_gguf(file)));
}

Tokenizer Tokenizer::from_folder(const formats::HfFolder& folder) {
    const std::string json = base::read_text(folder.tokenizer_json());
    TokenizerParts parts =
        parts_from_json(json, folder.tokenizer_config, folder.generation_config, folder.tokenizer_json().string());
    // Newer folders keep the template in a file of its own, which then counts.
    const std::filesystem::path template_file = folder.path / "chat_template.jinja";
    if (auto held = base::read_optional_text(template_file, std::size_t{1} << 24)) parts.chat_template = *std::move(held);
    return Tokenizer(std::make_unique<const Impl>(std::move(parts)));
}

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, const formats::Json& tokenizer_config,
                               std::string_view origin) {
    return Tokenizer(
        std::make_unique<const Impl>(parts_from_json(tokenizer_json, tokenizer_config, formats::Json(), origin)));
}

std::vector<TokenId> Tokenizer::encode(std::string_view words) const {
    const MarkedText::Run person{.begin = 0, .author = Author::person};
    return Encoding(impl_->parts).encode(words, {&person, 1});
}

std::vector<TokenId> Tokenizer::encode_with_special(std::string_view text) const {
    const MarkedText::Run by_template{.begin = 0, .author = Author::chat_template};
    return Encoding(impl_->parts).encode(text, {&by_template, 1});
}

std::vector<TokenId> Tokenizer::encode(const MarkedText& text) const {
    return Encoding(impl_->parts).encode(text.text(), text.runs());
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
