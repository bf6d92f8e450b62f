#include "text/chat_template.h"

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "text/jinja/builtins/json.h"
#include "text/jinja/interpreter.h"
#include "text/jinja/lexer.h"
#include "text/jinja/parser.h"

namespace ergon::text {
namespace {

using base::ErrorCode;

// The variables that belong to the template, not to a person: the model's own markers.
bool belongs_to_template(std::string_view variable) {
    return variable == "bos_token" || variable == "eos_token";
}

// Whoever asks chooses between these words and can write no other: a template that glues a marker of one, as in
// '<|' + role + '|>', means its own marker.
constexpr std::string_view api_roles[] = {"system", "developer", "user", "assistant", "tool", "function"};

/// Messages, their roles being the template's where they are words of the API.
jinja::Value conversation(jinja::Runtime& runtime, const base::Json& messages, std::string_view name) {
    const jinja::Runtime::Level level(runtime);
    std::vector<jinja::Value> items;
    for (const base::Json& message : messages) {
        jinja::Value value = jinja::from_json(runtime, message, Author::person, name);
        const auto role = std::ranges::find_if(api_roles, [&](std::string_view one) {
            return message.is_object() && message.contains("role") && message["role"] == one;
        });
        if (role != std::end(api_roles)) {
            auto entries = value.dict()->entries;
            jinja::assign(runtime, entries, jinja::Value::plain("role"), MarkedText(*role, Author::chat_template));
            value = jinja::Value::dict(runtime, std::move(entries));
        }
        items.push_back(std::move(value));
    }
    return jinja::Value::list(runtime, std::move(items));
}

std::tm local_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    return parts;
}

}  // namespace

struct ChatTemplate::Impl {
    std::string origin;
    jinja::Body body;
};

ChatTemplate::ChatTemplate(std::string_view source, std::string_view origin) {
    if (source.size() > jinja::max_text) {
        base::fail(ErrorCode::bad_file, "{} is longer than {} MiB", origin, jinja::max_text >> 20);
    }
    try {
        impl_ = std::make_unique<const Impl>(Impl{std::string(origin), jinja::parse(source)});
    } catch (const jinja::SyntaxError& error) {
        base::fail(ErrorCode::bad_file, "{}, line {}: {}", origin, error.line(), error.what());
    }
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

MarkedText ChatTemplate::render(const base::Json& variables) const {
    return render(variables, local_time());
}

MarkedText ChatTemplate::render(const base::Json& variables, const std::tm& now) const {
    if (!variables.is_object()) {
        base::fail(ErrorCode::bad_argument, "{}: its variables must be a JSON object", impl_->origin);
    }
    jinja::Runtime runtime(now);
    jinja::Interpreter interpreter(runtime);
    try {
        for (const auto& [name, json] : variables.items()) {
            if (name == "messages" && json.is_array()) {
                interpreter.define(name, conversation(runtime, json, name));
                continue;
            }
            const Author author = belongs_to_template(name) ? Author::chat_template : Author::person;
            interpreter.define(name, jinja::from_json(runtime, json, author, name));
        }
        return interpreter.run(impl_->body);
    } catch (const jinja::TemplateError& error) {
        base::fail(ErrorCode::bad_argument, "{}, line {}: {}", impl_->origin, interpreter.line(), error.what());
    }
}

}  // namespace ergon::text
