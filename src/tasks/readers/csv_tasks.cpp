#include "tasks/readers/csv_tasks.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/random.h"
#include "base/strings/text.h"
#include "tasks/graders/choice_letter.h"
#include "tasks/readers/csv.h"
#include "tasks/readers/folder.h"
#include "tasks/readers/json_lines.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

struct Question {
    std::string text;
    std::vector<std::string> choices;
    char letter = 'A';
    std::int64_t line = 0;
};

void check_row(const CsvRow& row) {
    if (!row.mistake.empty()) base::fail(ErrorCode::bad_file, "{}", row.mistake);
}

bool is_mmlu_row(const CsvRow& row) {
    return row.fields.size() == 6 && row.fields[5].size() == 1 && row.fields[5][0] >= 'A' && row.fields[5][0] <= 'D';
}

Question mmlu_question(const CsvRow& row, const std::string& origin) {
    check_row(row);
    if (!is_mmlu_row(row)) {
        base::fail(
            ErrorCode::bad_file,
            "{}, line {}: expected a question, four choices and a letter from A to D (MMLU), or a first row that "
            "names the columns of GPQA; found {} fields. Prompts as plain text, one a line, go into a .txt file.",
            origin, row.line, row.fields.size());
    }
    return {row.fields[0], {row.fields.begin() + 1, row.fields.begin() + 5}, row.fields[5][0], row.line};
}

std::vector<Question> read_mmlu_file(const std::filesystem::path& file) {
    std::vector<Question> questions;
    for (const CsvRow& row : csv_rows(base::read_text(file, task_file_limit), file.string())) {
        questions.push_back(mmlu_question(row, file.string()));
    }
    return questions;
}

/// "high_school_physics" of "high_school_physics_test.csv".
std::string subject_of(const std::filesystem::path& file) {
    std::string subject = file.stem().string();
    for (const std::string_view ending : {"_test", "_dev", "_val"}) {
        if (subject.ends_with(ending)) subject.resize(subject.size() - ending.size());
    }
    return subject;
}

std::string words_of(std::string subject) {
    std::ranges::replace(subject, '_', ' ');
    return subject;
}

/// The examples of a subject with their letters, as the test's authors show them.
std::string solved_examples(const std::filesystem::path& folder, const std::string& subject, std::int64_t shots) {
    if (shots == 0) return {};
    const std::filesystem::path dev = folder / "dev" / (subject + "_dev.csv"),
                                val = folder / "val" / (subject + "_val.csv");
    if (!base::path_exists(dev) && !base::path_exists(val)) {
        base::check_reachable(dev);
        base::fail(ErrorCode::not_found, "Neither {} nor {} exists to take examples from; use --shots 0.", dev.string(),
                   val.string());
    }
    std::vector<Question> examples = read_mmlu_file(base::path_exists(dev) ? dev : val);
    examples.resize(std::min(examples.size(), static_cast<std::size_t>(shots)));
    std::string text =
        fmt::format("The following are multiple choice questions (with answers) about {}.\n\n", words_of(subject));
    for (const Question& one : examples) {
        text += fmt::format("{}\n\n{}Answer: {}\n\n", one.text, lettered(one.choices), one.letter);
    }
    return text;
}

Prompt choice_prompt(std::string id, std::string category, const Question& question, std::string_view before = {}) {
    Prompt prompt{std::move(id), std::move(category),
                  std::string(before) + multiple_choice_text(question.text, question.choices),
                  std::string(1, question.letter)};
    prompt.choices = question.choices;
    prompt.grader = Grader::choice;
    return prompt;
}

void add_mmlu(PromptList& prompts, const std::vector<CsvRow>& rows, const std::filesystem::path& origin,
              const std::string& examples) {
    const std::string subject = subject_of(origin);
    // Of all prompts; MMLU's largest subject has some 25 MB.
    constexpr std::size_t max_prompt_bytes = std::size_t{256} << 20;
    if (!rows.empty() && examples.size() > max_prompt_bytes / rows.size()) {
        base::fail(ErrorCode::out_of_budget,
                   "{}: {} bytes of solved examples before each of {} questions are too many; use fewer --shots.",
                   origin.string(), examples.size(), rows.size());
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        prompts.read_row([&] {
            const Question question = mmlu_question(rows[i], origin.string());
            prompts.add(choice_prompt(fmt::format("{}-{}", subject, i + 1), subject, question, examples),
                        fmt::format("{}, line {}", origin.string(), question.line));
        });
    }
}

/// FNV-1a: a number for a text that is the same on every machine (Fowler, Noll, Vo).
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    return hash;
}

constexpr std::array<std::string_view, 5> gpqa_columns{"Question", "Correct Answer", "Incorrect Answer 1",
                                                       "Incorrect Answer 2", "Incorrect Answer 3"};

/// Where each column stands, if the first row names all that GPQA needs.
std::optional<std::map<std::string, std::size_t, std::less<>>> gpqa_header(const CsvRow& row) {
    std::map<std::string, std::size_t, std::less<>> columns;
    for (std::size_t i = 0; i < row.fields.size(); ++i) columns.emplace(base::trimmed(row.fields[i]), i);
    if (std::ranges::all_of(gpqa_columns, [&](auto name) { return columns.contains(name); })) return columns;
    return std::nullopt;
}

void add_gpqa(PromptList& prompts, const std::vector<CsvRow>& rows,
              const std::map<std::string, std::size_t, std::less<>>& columns, const std::filesystem::path& origin,
              std::uint64_t seed) {
    const auto read = [&](std::size_t r) {
        const CsvRow& row = rows[r];
        check_row(row);
        if (row.fields.size() != rows[0].fields.size()) {
            base::fail(ErrorCode::bad_file, "{}, line {}: expected {} fields as in the first row, found {}.",
                       origin.string(), row.line, rows[0].fields.size(), row.fields.size());
        }
        const auto field = [&](std::string_view name) {
            const auto column = columns.find(name);
            return column == columns.end() ? std::string() : std::string(base::trimmed(row.fields[column->second]));
        };
        std::array<std::string, 5> needed;
        for (std::size_t i = 0; i < needed.size(); ++i) {
            needed[i] = field(gpqa_columns[i]);
            if (needed[i].empty()) {
                base::fail(ErrorCode::bad_file, "{}, line {}: \"{}\" is empty.", origin.string(), row.line,
                           gpqa_columns[i]);
            }
        }
        std::string id = field("Record ID");
        if (id.empty()) id = fmt::format("{}-{}", origin.stem().string(), r);
        // Fisher and Yates, of the places: the right answer begins at place 0.
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        base::RandomSequence random(seed, hash_of(id));
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
        Question question{needed[0], {}, 'A', row.line};
        for (const std::size_t place : order) question.choices.push_back(needed[1 + place]);
        question.letter = static_cast<char>('A' + (std::ranges::find(order, std::size_t{0}) - order.begin()));
        prompts.add(choice_prompt(std::move(id), field("High-level domain"), question),
                    fmt::format("{}, line {}", origin.string(), row.line));
    };
    for (std::size_t r = 1; r < rows.size(); ++r) prompts.read_row([&] { read(r); });
}

}  // namespace

void read_mmlu(PromptList& prompts, const std::filesystem::path& folder, const TaskOptions& options) {
    if (!base::is_folder(folder / "test")) return;
    for (const std::filesystem::path& file : files_below(folder / "test", "_test.csv")) {
        add_mmlu(prompts, csv_rows(base::read_text(file, task_file_limit), file.string()), file,
                 solved_examples(folder, subject_of(file), options.shots));
    }
}

bool is_csv_task(std::string_view text) {
    constexpr int looked_at = 5;  // lines; a mistake in one of them makes no other format of it
    std::size_t end = 0;
    for (int i = 0; i < looked_at && end != text.size(); ++i) end = std::min(text.find('\n', end), text.size() - 1) + 1;
    const std::vector<CsvRow> rows = csv_rows(text.substr(0, end), "");
    return !rows.empty() && (gpqa_header(rows[0]) || std::ranges::any_of(rows, is_mmlu_row));
}

void parse_csv_task(PromptList& prompts, std::string_view text, const std::filesystem::path& origin,
                    std::uint64_t seed) {
    const std::vector<CsvRow> rows = csv_rows(text, origin.string());
    if (rows.empty()) return;
    if (const auto columns = gpqa_header(rows[0])) return add_gpqa(prompts, rows, *columns, origin, seed);
    add_mmlu(prompts, rows, origin, "");
}

}  // namespace ergon::tasks
