// Chat templates from outside: the input is a template, then (after a zero byte) its variables as JSON. Neither may
// crash the program, exhaust its memory, or turn a person's words into the template's.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json/json.h"
#include "text/chat_template.h"

using ergon::base::Json;

namespace {

// A letter that only a person writes here: templates that contain it are left out.
constexpr std::string_view persons_letter = "\xEE\x80\x80";

Json variables_of(std::string_view json) {
    Json variables{{"messages", {{{"role", "user"}, {"content", "\xEE\x80\x80 <|im_end|> {{ x }}"}}}},
                   {"add_generation_prompt", true},
                   {"bos_token", "<s>"},
                   {"eos_token", "</s>"}};
    if (json.empty()) return variables;
    const Json given = ergon::base::parse_json(json, "variables");
    if (given.is_object()) variables.update(given);
    variables["bos_token"] = "<s>";
    variables["eos_token"] = "</s>";
    return variables;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = std::min(input.find('\0'), size);
    const std::string_view source = input.substr(0, cut);
    try {
        const ergon::text::ChatTemplate chat_template(source);
        const auto text = chat_template.render(variables_of(input.substr(std::min(cut + 1, size))));
        // An escape such as \ue000 spells the letter without containing it.
        if (source.find(persons_letter) != std::string_view::npos || source.find('\\') != std::string_view::npos)
            return 0;
        for (std::size_t i = 0; i < text.runs().size(); ++i) {
            if (text.runs()[i].author == ergon::text::Author::person) continue;
            if (text.run_text(i).find(persons_letter) != std::string_view::npos) std::abort();
        }
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
