// tokenizer.json from outside: the input is such a file, then (after a zero byte) a text to encode. Neither may crash
// the program or exhaust its memory, and no words may become a control token.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "text/tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = std::min(input.find('\0'), size);
    const std::string_view words = input.substr(std::min(cut + 1, size));
    try {
        const auto tokenizer =
            ergon::text::Tokenizer::from_json(input.substr(0, cut), ergon::base::Json(), "tokenizer.json");
        for (const std::string_view text :
             {words, std::string_view("It's 2025: <s>é\xFF 中文  \n"), input.substr(0, 300)}) {
            const auto ids = tokenizer.encode(text);
            // An unknown token stands for letters, not for a command.
            for (const auto id : ids) {
                if (tokenizer.is_control(id) && tokenizer.bytes(id) != "<unk>") std::abort();
            }
            (void)tokenizer.decode(ids);
            (void)tokenizer.decode(tokenizer.encode_with_special(text), true);
        }
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
