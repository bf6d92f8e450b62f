#include "text/tokenizer/tokenizer.h"
#include "text/unicode.h"

namespace ergon::text {

std::string Detokenizer::push(TokenId id) {
    std::string_view bytes = tokenizer_->bytes(id);
    const bool control = tokenizer_->is_control(id);
    if (control && !with_control_) return {};
    if (!control && at_start_ && !bytes.empty()) {
        if (tokenizer_->strips_leading_space() && bytes.front() == ' ') bytes.remove_prefix(1);
        at_start_ = false;
    }
    std::string text;
    append_complete_utf8(text, pending_, bytes);
    return text;
}

std::string Detokenizer::finish() {
    std::string text(pending_.empty() ? std::string_view() : replacement_character);
    pending_.clear();
    at_start_ = true;
    return text;
}

}  // namespace ergon::text
