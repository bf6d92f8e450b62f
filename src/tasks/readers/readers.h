#pragma once
// Tasks from files: ergon's own, and the formats of public tests.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "tasks/prompt_set.h"
#include "tasks/skipped_rows.h"

namespace ergon::tasks {

struct TaskOptions {
    std::uint64_t seed = 0;             // of the sample, the order of choices and the puzzles
    std::int64_t count = 0;             // so many prompts, sampled if there are more; 0: all (of puzzles 60)
    std::int64_t shots = 5;             // solved examples before each question of MMLU
    SkippedRows* skipped = nullptr;     // if given, bad rows are counted there and left out
    std::string_view skip_option = {};  // what a user types for that, for the message about a bad row; empty: nothing
};

/// Reads a task; what it is, its content says, whatever its name (mostly lines that begin with { or [: JSON; rows of
/// MMLU or GPQA's columns: CSV), and where that tells nothing, its name: text in no .csv, .json or .jsonl is a list of
/// prompts.
///   ergon's JSONL       {"prompt", ...}: see below
///   OpenAI evals JSONL  {"input": text or chat messages, "ideal": text or list}; graded as its Match
///   GSM8K JSONL         {"question", "answer": "... #### 42"}; asks for the number behind "Answer:"
///   MATH                {"problem", "solution" with \boxed{}, "answer"?, "type" or "subject"} as JSONL, or a folder
///                       with one such JSON file per problem; asks for \boxed{}
///   MMLU                a folder with test/SUBJECT_test.csv and dev/ (or val/); or one such file, then without
///                       examples
///   MMLU's JSONL        {"question", "choices": texts, "answer": place from 0, letter or choice, "subject"?}, as hubs
///                       have it
///   GPQA                CSV with "Question", "Correct Answer" and "Incorrect Answer 1" to "3"; the choices are
///                       shuffled by the seed and the question's id
///   plain text          one prompt a line, without a right answer
/// A line of ergon's JSONL has "prompt", and optionally
///   "id"         unique in the file, a text or a whole number
///   "category"   or "subject"
///   "answer"     a text, a number or true or false; of a multiple choice its letter or the choice itself; null: none
///   "accepted"   texts that are right as well
///   "choices"    two or more texts, which are put behind the prompt with letters
///   "grader"     "none", "exact", "match", "includes", "number", "choice", "regex", "boxed", "list" or "countdown";
///                else what is implied by "choices", "pattern", "numbers", an answer that is a number, and otherwise
///                "exact"
///   "pattern", "tolerance", "numbers" and "target": see Prompt
/// A file may also be one JSON list of such objects. Empty lines and a byte order mark are skipped, other keys ignored.
/// Ids are those of the file, or its name and the line. Throws Error(not_found) for what does not exist,
/// Error(bad_file) with file and line for what is none of these, an id that occurs twice, or an answer that its own
/// grader calls wrong (unless bad rows are skipped), Error(bad_argument) for a negative count or more than 100 shots.
std::vector<Prompt> read_task(const std::filesystem::path& path, const TaskOptions& options);

/// The prompts of a file's text; `origin` names it.
std::vector<Prompt> parse_task(std::string_view text, const std::filesystem::path& origin, const TaskOptions& options);

/// "puzzles" (puzzles.h), "held-out" (the worked puzzles that no shipped model has seen: worked.h), a path (read_task),
/// or the name of a set that ships: "everyday", "lookups". Throws Error(not_found) with the names that there are.
std::vector<Prompt> open_task(std::string_view name, const TaskOptions& options);

}  // namespace ergon::tasks
