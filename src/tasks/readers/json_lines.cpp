#include "tasks/readers/json_lines.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"
#include "tasks/graders/choice_letter.h"
#include "tasks/graders/grader.h"
#include "tasks/graders/maths/numbers.h"
#include "tasks/graders/pattern.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;
using nlohmann::json;

std::int64_t whole_number(const JsonItem& item, const char* key, const json& value) {
    if (!base::holds_integer<std::int64_t>(value)) {
        base::fail(ErrorCode::bad_file, "{}: \"{}\" must consist of whole numbers of at most 63 bits.", item.place,
                   key);
    }
    return value.get<std::int64_t>();
}

void read_countdown(const JsonItem& item, Prompt& prompt) {
    if (!item.object.contains("numbers")) return;
    if (!item.object["numbers"].is_array() || !item.object.contains("target")) {
        base::fail(ErrorCode::bad_file, "{}: \"numbers\" must be a list of whole numbers, with a \"target\" beside it.",
                   item.place);
    }
    for (const json& one : item.object["numbers"]) prompt.numbers.push_back(whole_number(item, "numbers", one));
    prompt.target = whole_number(item, "target", item.object["target"]);
}

void read_tolerance(const JsonItem& item, Prompt& prompt) {
    if (!item.object.contains("tolerance")) return;
    const json& tolerance = item.object["tolerance"];
    if (!tolerance.is_number() || !(tolerance.get<double>() >= 0 && tolerance.get<double>() <= 1)) {
        base::fail(ErrorCode::bad_file, "{}: \"tolerance\" must be a number from 0 to 1, relative to the answer.",
                   item.place);
    }
    prompt.tolerance = tolerance.get<double>();
}

/// The letter of the right choice, given by itself or by the choice's own words.
std::string letter_of(const std::string& answer, const std::vector<std::string>& choices) {
    for (std::size_t i = 0; i < choices.size() && i < max_choices; ++i) {
        if (choices[i] == answer) return std::string(1, static_cast<char>('A' + i));
    }
    return answer;
}

Grader implied_grader(const Prompt& prompt) {
    if (!prompt.choices.empty()) return Grader::choice;
    if (!prompt.pattern.empty()) return Grader::regex;
    if (!prompt.numbers.empty()) return Grader::countdown;
    if (prompt.answer.empty()) return Grader::none;
    return maths::whole_number_of(prompt.answer) ? Grader::number : Grader::exact;
}

Grader stated_grader(const JsonItem& item) {
    const std::string name = text_field(item, "grader", true);
    const auto grader = grader_named(name);
    if (!grader) {
        base::fail(ErrorCode::bad_file,
                   "{}: unknown grader \"{}\"; expected none, exact, match, includes, number, choice, regex, boxed, "
                   "list or countdown.",
                   item.place, name);
    }
    return *grader;
}

/// The row's own id, a text or a whole number, or else that of its line.
std::string id_of(const JsonItem& item, const char* key) {
    if (!item.object.contains(key) || item.object[key].is_null()) return item.id;
    return item.object[key].is_number_integer() ? base::json_text(item.object[key]) : text_field(item, key, true);
}

/// The words of chat messages; with their roles, if it is a conversation.
std::string text_of_messages(const JsonItem& item, const json& messages) {
    std::string text;
    const auto wrong = [&] {
        base::fail(ErrorCode::bad_file,
                   "{}: \"input\" must be a string or a list of messages with \"role\" and \"content\".", item.place);
    };
    if (!messages.is_array() || messages.empty()) wrong();
    for (const json& message : messages) {
        const bool right = message.is_object() && message.contains("role") && message["role"].is_string() &&
                           message.contains("content") && message["content"].is_string();
        if (!right) wrong();
    }
    const bool conversation = std::ranges::any_of(messages, [](const json& one) { return one["role"] == "assistant"; });
    for (const json& message : messages) {
        text += text.empty() ? "" : "\n\n";
        if (conversation && message["role"] == "user") text += "User: ";
        if (conversation && message["role"] == "assistant") text += "Assistant: ";
        text += message["content"].get_ref<const std::string&>();
    }
    return text;
}

}  // namespace

JsonItem json_item(std::string_view text, std::string place, std::string id) {
    JsonItem item{{}, std::move(place), std::move(id), {}};
    try {
        item.object = base::parse_json<json>(text, "It");
    } catch (const base::Error& error) {
        item.problem = error.what();
    }
    return item;
}

void expect_object(const JsonItem& item) {
    if (item.object.is_object()) return;
    base::fail(ErrorCode::bad_file, "{}: expected one JSON object on the line.{}", item.place,
               item.problem.empty() ? "" : " " + item.problem + ".");
}

void for_each_json_line(std::string_view text, const std::filesystem::path& origin, const UseItem& use,
                        std::int64_t first_line) {
    const std::string file = origin.string(), stem = origin.stem().string();
    if (base::trimmed(text).starts_with('[')) {
        JsonItem list = json_item(text, file, stem);
        if (list.object.is_array()) {
            std::int64_t number = 0;
            for (json& element : list.object) {
                ++number;
                use({std::move(element),
                     fmt::format("{}, element {}", file, number),
                     fmt::format("{}-{}", stem, number),
                     {}});
            }
            return;
        }
    }
    std::int64_t number = first_line - 1;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = base::trimmed(text.substr(begin, end - begin));
        begin = end + 1;
        ++number;
        if (line.empty()) continue;
        use(json_item(line, fmt::format("{}, line {}", file, number), fmt::format("{}-{}", stem, number)));
    }
}

void for_each_json_object(std::string_view text, const std::filesystem::path& origin, const UseItem& use,
                          std::int64_t first_line) {
    const auto use_object = [&use](const JsonItem& item) {
        expect_object(item);
        use(item);
    };
    for_each_json_line(text, origin, use_object, first_line);
}

std::vector<std::string> text_list(const JsonItem& item, const char* key) {
    std::vector<std::string> texts;
    if (!item.object.contains(key)) return texts;
    const json& list = item.object[key];
    const auto wrong = [&] {
        base::fail(ErrorCode::bad_file, "{}: \"{}\" must be a list of non-empty strings.", item.place, key);
    };
    if (!list.is_array()) wrong();
    for (const json& one : list) {
        if (!one.is_string() || one.get_ref<const std::string&>().empty()) wrong();
        texts.push_back(one.get<std::string>());
    }
    return texts;
}

std::string text_field(const JsonItem& item, const char* key, bool required) {
    const json& object = item.object;
    if (!object.contains(key) && !required) return {};
    if (!object.contains(key) || !object[key].is_string() ||
        (required && object[key].get_ref<const std::string&>().empty())) {
        base::fail(ErrorCode::bad_file, "{}: \"{}\" must be a {}string.", item.place, key,
                   required ? "non-empty " : "");
    }
    return object[key].get<std::string>();
}

std::string text_or_number(const JsonItem& item, const char* key) {
    if (!item.object.contains(key) || item.object[key].is_null()) return {};
    const json& value = item.object[key];
    return value.is_number() || value.is_boolean() ? base::json_text(value) : text_field(item, key, false);
}

Prompt own_prompt(const JsonItem& item) {
    const json& object = item.object;
    Prompt prompt{id_of(item, "id"), text_field(item, object.contains("category") ? "category" : "subject", false),
                  text_field(item, "prompt", true), text_or_number(item, "answer")};
    prompt.choices = text_list(item, "choices");
    prompt.accepted = text_list(item, "accepted");
    prompt.pattern = text_field(item, "pattern", false);
    read_tolerance(item, prompt);
    read_countdown(item, prompt);
    prompt.grader = object.contains("grader") ? stated_grader(item) : implied_grader(prompt);
    if (!prompt.choices.empty()) {
        prompt.answer = letter_of(prompt.answer, prompt.choices);
        prompt.text = multiple_choice_text(prompt.text, prompt.choices);
    }
    return prompt;
}

Prompt openai_evals_prompt(const JsonItem& item) {
    const json& input = item.object["input"];
    Prompt prompt{item.id, "", input.is_string() ? input.get<std::string>() : text_of_messages(item, input), ""};
    if (item.object["ideal"].is_string()) {
        prompt.answer = text_field(item, "ideal", true);
    } else {
        prompt.accepted = text_list(item, "ideal");
        if (prompt.accepted.empty()) base::fail(ErrorCode::bad_file, "{}: \"ideal\" is an empty list.", item.place);
        prompt.answer = prompt.accepted.front();
        prompt.accepted.erase(prompt.accepted.begin());
    }
    prompt.grader = Grader::match;
    return prompt;
}

Prompt gsm8k_prompt(const JsonItem& item) {
    const std::string solution = text_field(item, "answer", true);
    const std::size_t mark = solution.rfind("####");
    if (mark == std::string::npos) {
        base::fail(ErrorCode::bad_file, "{}: expected the final number after \"####\" in \"answer\".", item.place);
    }
    Prompt prompt{item.id, "",
                  text_field(item, "question", true) +
                      "\n\nGive the answer on the last line: \"Answer:\" followed by the number alone.",
                  std::string(base::trimmed(std::string_view(solution).substr(mark + 4)))};
    prompt.grader = Grader::number;
    return prompt;
}

Prompt mmlu_prompt(const JsonItem& item) {
    Prompt prompt{id_of(item, "id"), text_field(item, "subject", false), text_field(item, "question", true), ""};
    prompt.choices = text_list(item, "choices");
    const std::string answer = text_or_number(item, "answer");
    const json place = item.object.value("answer", json());
    if (place.is_number_integer()) {
        if (place < 0 || place >= prompt.choices.size() || place >= max_choices) {
            base::fail(ErrorCode::bad_file,
                       "{}: \"answer\" is {}; expected the index of one of the {} choices, from 0.", item.place, answer,
                       prompt.choices.size());
        }
        prompt.answer = static_cast<char>('A' + place.get<int>());
    } else {
        prompt.answer = letter_of(answer, prompt.choices);
    }
    prompt.text = multiple_choice_text(prompt.text, prompt.choices);
    prompt.grader = Grader::choice;
    return prompt;
}

Prompt math_prompt(const JsonItem& item) {
    std::string answer = text_or_number(item, "answer");
    if (answer.empty()) {
        const std::string solution = text_field(item, "solution", true);
        const auto boxed = last_boxed(ending(solution));
        if (!boxed) base::fail(ErrorCode::bad_file, "{}: expected \\boxed{{...}} in \"solution\".", item.place);
        answer = *boxed;
    }
    Prompt prompt{id_of(item, "unique_id"), text_field(item, item.object.contains("type") ? "type" : "subject", false),
                  text_field(item, "problem", true) + "\n\nPut the final answer in \\boxed{}.", std::move(answer)};
    prompt.grader = Grader::boxed;
    return prompt;
}

}  // namespace ergon::tasks
