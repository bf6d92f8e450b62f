// ergon tokenize: text to token ids and back.

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/files/paths.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/model_path.h"
#include "cli/terminal/standard_input.h"
#include "formats/gguf.h"
#include "text/tokenizer/tokenizer.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using text::TokenId;
using text::Tokenizer;

struct TokenizeOptions {
    std::string model;
    bool special = false;
    bool ids = false;
};

/// A model's tokenizer; its weights may be missing.
Tokenizer open_tokenizer(const std::filesystem::path& path) {
    if (base::is_folder(path)) return Tokenizer::from_folder(formats::HfFolder::open_tokenizer(path));
    return Tokenizer::from_gguf(formats::Gguf::open(path, formats::Truncated::metadata_only));
}

std::vector<TokenId> parse_ids(const std::string& json, const Tokenizer& tokenizer) {
    const base::Json array = base::parse_json(json, "stdin");
    if (!array.is_array()) base::fail(ErrorCode::bad_argument, "stdin: expected a JSON array of token ids.");
    std::vector<TokenId> ids;
    for (const base::Json& item : array) {
        if (!base::holds_integer<std::int64_t>(item)) {
            base::fail(ErrorCode::bad_argument, "stdin: item {} is {}, not a token id.", ids.size(),
                       base::json_text(item));
        }
        const auto id = item.get<std::int64_t>();
        if (id < 0 || id >= tokenizer.size()) {
            base::fail(ErrorCode::bad_argument, "stdin: item {} is {}; this vocabulary has the ids 0 to {}.",
                       ids.size(), base::json_text(item), tokenizer.size() - 1);
        }
        ids.push_back(static_cast<TokenId>(id));
    }
    return ids;
}

/// A JSON array, written as its ids come.
void print_ids(const Tokenizer& tokenizer, const std::string& text, bool special) {
    bool first = true;
    const auto print = [&first](std::span<const TokenId> ids) {
        if (ids.empty()) return;
        base::print_data("{}{}", first ? "" : ",", fmt::join(ids, ","));
        first = false;
    };
    base::print_data("[");
    const auto bos = tokenizer.bos();
    if (special && tokenizer.adds_bos() && bos) print({&*bos, 1});
    tokenizer.stream(text, special, print);
    base::print_data("]\n");
}

void tokenize(const TokenizeOptions& options) {
    const Tokenizer tokenizer = open_tokenizer(find_model(options.model));
    const std::string input = read_standard_input();
    if (options.ids) {
        base::write_data(base::Stream::out, tokenizer.decode(parse_ids(input, tokenizer), true));
    } else {
        print_ids(tokenizer, input, options.special);
    }
}

}  // namespace

void add_tokenize(CLI::App& program) {
    auto options = std::make_shared<TokenizeOptions>();
    CLI::App& command = *program.add_subcommand("tokenize", "Convert text to token ids, or ids to text");
    command.add_option("MODEL", options->model, "A GGUF file, Hugging Face folder or model name")
        ->required()
        ->type_name("");
    auto* const special =
        command.add_flag("--special", options->special,
                         "Parse control tokens in the text and add BOS if the model requires it [plain text only]");
    command.add_flag("--ids", options->ids, "Decode: read a JSON array of ids from stdin, print text")
        ->excludes(special);
    command.footer(
        "Reads text from stdin and prints a JSON array of ids. Works on files without weights.\n\n"
        "Examples:\n"
        "  printf 'Hello world' | ergon tokenize model.gguf\n"
        "  echo '[17464, 1843]' | ergon tokenize model.gguf --ids");
    command.callback([options] { tokenize(*options); });
}

}  // namespace ergon::cli
