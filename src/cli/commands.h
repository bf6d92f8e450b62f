#pragma once
// The commands of ergon, one file each. To add one: write src/cli/NAME.cpp with an add_NAME that describes its options
// and says what to run, declare it here, call it in main.cpp and name the file in CMakeLists.txt.
//
// A command parses, calls and prints. Results go to stdout, all else to stderr. It ends by returning (exit code 0), by
// throwing base::Error (1, or 2 where the code is bad_argument: wrong use), or by throwing CLI::RuntimeError(code) when
// it has said everything itself.

#include <CLI/CLI.hpp>
#include <string>

namespace ergon::cli {

/// "0.1.0".
std::string version();
/// "0.1.0 (commit 1a2b3c4d5e6f)": what --version prints, and what figures are cited with.
std::string version_and_commit();

void add_bench(CLI::App& program);
void add_compare(CLI::App& program);
void add_eval(CLI::App& program);
void add_inspect(CLI::App& program);
void add_logits(CLI::App& program);
void add_meter(CLI::App& program);
void add_perplexity(CLI::App& program);
void add_plan(CLI::App& program);
void add_profile(CLI::App& program);
void add_puzzles(CLI::App& program);
void add_report(CLI::App& program);
void add_run(CLI::App& program);
void add_serve(CLI::App& program);
void add_template(CLI::App& program);
void add_tokenize(CLI::App& program);
void add_train(CLI::App& program);
void add_train_tokenizer(CLI::App& program);
void add_write_help(CLI::App& program);

}  // namespace ergon::cli
