// ergon template: the exact prompt text that a chat template makes.

#include <fmt/format.h>
#include <memory>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/model_path.h"
#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "text/chat_template.h"
#include "text/tokenizer/special_ids.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;
using base::Json;

// Far above any published template (the longest have 30 KB).
constexpr std::size_t template_limit = std::size_t{16} << 20;

struct TemplateOptions {
    std::string source;
    std::string messages;
    bool no_generation_prompt = false;
};

struct TemplateSource {
    std::string text;
    Json variables = Json::object();  // bos_token and eos_token, where the model names them
};

TemplateSource read_gguf(const std::filesystem::path& path) {
    const auto file = formats::Gguf::open(path, formats::Truncated::metadata_only);
    TemplateSource source{file.text("tokenizer.chat_template", "")};
    if (!file.has("tokenizer.ggml.tokens")) return source;
    const auto& tokens = file.texts("tokenizer.ggml.tokens");
    text::SpecialIds special_ids(file, std::ssize(tokens));
    for (const char* name : {"bos", "eos"}) {
        if (const auto id = special_ids.find(fmt::format("{}_token_id", name))) {
            source.variables[fmt::format("{}_token", name)] = tokens[static_cast<std::size_t>(*id)];
        }
    }
    return source;
}

/// tokenizer_config.json holds one template, or several with names, of which "default" is for plain chats.
std::string template_of(const Json& config) {
    if (!config.is_object() || !config.contains("chat_template")) return {};
    const Json& held = config["chat_template"];
    if (held.is_string()) return held.get<std::string>();
    if (!held.is_array()) return {};
    for (const Json& named : held) {
        if (named.is_object() && named.value("name", "") == "default") return named.value("template", "");
    }
    return {};
}

TemplateSource read_folder(const std::filesystem::path& path) {
    const auto folder = formats::HfFolder::open_tokenizer(path);
    TemplateSource source{template_of(folder.tokenizer_config)};
    if (auto held = base::read_optional_text(path / "chat_template.jinja", template_limit))
        source.text = *std::move(held);
    for (const char* name : {"bos_token", "eos_token"}) {
        if (!folder.tokenizer_config.is_object() || !folder.tokenizer_config.contains(name)) continue;
        const Json& token = folder.tokenizer_config[name];
        if (token.is_string()) source.variables[name] = token;
        if (token.is_object() && token.contains("content")) source.variables[name] = token["content"];
    }
    return source;
}

TemplateSource read_source(const std::filesystem::path& path) {
    if (base::is_folder(path)) return read_folder(path);
    if (path.extension() == ".jinja" || path.extension() == ".jinja2") return {base::read_text(path, template_limit)};
    return read_gguf(path);
}

/// What the file of messages adds to the template's variables, or replaces.
void add_messages(Json& variables, const std::string& file) {
    Json given = base::read_json(file, {.large = base::LargeIntegers::as_digits});
    if (given.is_array()) given = Json{{"messages", std::move(given)}};
    if (!given.is_object() || !given.contains("messages") || !given["messages"].is_array()) {
        base::fail(ErrorCode::bad_argument, "{}: expected an array of messages, or an object with \"messages\".", file);
    }
    variables.update(given);
}

void print_prompt(const TemplateOptions& options) {
    const auto path = find_model(options.source);
    TemplateSource source = read_source(path);
    if (source.text.empty()) base::fail(ErrorCode::not_found, "{} holds no chat template.", path.string());
    add_messages(source.variables, options.messages);
    if (options.no_generation_prompt) {
        source.variables["add_generation_prompt"] = false;
    } else if (!source.variables.contains("add_generation_prompt")) {
        source.variables["add_generation_prompt"] = true;
    }
    base::write_data(base::Stream::out, text::ChatTemplate(source.text, path.string()).render(source.variables).text());
}

}  // namespace

void add_template(CLI::App& program) {
    auto options = std::make_shared<TemplateOptions>();
    CLI::App& command = *program.add_subcommand("template", "Render messages with a model's chat template");
    command.add_option("MODEL|FILE.jinja", options->source, "A model, or a template file")->required()->type_name("");
    command
        .add_option(
            "--messages", options->messages,
            "JSON array of messages, or an object with \"messages\", \"tools\", \"bos_token\", \"eos_token\" and "
            "other template variables")
        ->required()
        ->type_name("FILE.json");
    command.add_flag("--no-generation-prompt", options->no_generation_prompt, "Omit the generation prompt");
    command.footer(
        "Prints the exact text without a trailing newline. Works on files without weights or vocabulary.\n\n"
        "Example:\n"
        "  echo '[{\"role\": \"user\", \"content\": \"Hi\"}]' > hi.json\n"
        "  ergon template model.gguf --messages hi.json");
    command.callback([options] { print_prompt(*options); });
}

}  // namespace ergon::cli
