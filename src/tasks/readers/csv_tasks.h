#pragma once
// Multiple choice from CSV: MMLU and GPQA.

#include <filesystem>
#include <string_view>

#include "tasks/readers/prompt_list.h"
#include "tasks/readers/readers.h"

namespace ergon::tasks {

/// A folder with test/SUBJECT_test.csv, with so many examples from dev/SUBJECT_dev.csv or val/SUBJECT_val.csv (or as
/// many as there are) before each question. Rows: question, four choices, letter. A folder without such files adds
/// nothing.
void read_mmlu(PromptList& prompts, const std::filesystem::path& folder, const TaskOptions& options);

/// Whether one of the first rows is one of MMLU, or the first names the columns of GPQA.
bool is_csv_task(std::string_view text);

/// One file: GPQA if the first row names its columns, MMLU if rows have its six fields.
void parse_csv_task(PromptList& prompts, std::string_view text, const std::filesystem::path& origin,
                    std::uint64_t seed);

}  // namespace ergon::tasks
