#include "cli/options/data_output.h"

#include <fmt/format.h>

#include "cli/options/output_files.h"

namespace ergon::cli {
namespace {

void add_both(DataOutput& output, CLI::App& command, const std::string& option, const std::string& print,
              const std::string& write, const std::string& group) {
    command.add_flag(option, output.printed, print)->group(group);
    command.add_option(option + "-out", output.file, write)->type_name("FILE")->group(group);
}

}  // namespace

void DataOutput::add_json(CLI::App& command, const std::string& what, const std::string& group) {
    add_both(*this, command, "--json", fmt::format("Print {} as JSON and nothing else", what),
             fmt::format("Write {} as JSON to a file; - is stdout", what), group);
}

void DataOutput::add_csv(CLI::App& command, const std::string& what, const std::string& group) {
    add_both(*this, command, "--csv", fmt::format("Print {} as CSV and nothing else", what),
             fmt::format("Write {} as CSV to a file; - is stdout", what), group);
}

bool DataOutput::on_stdout() const {
    return printed || is_stdout(file);
}

std::vector<std::string> DataOutput::outputs() const {
    std::vector<std::string> all;
    if (on_stdout()) all.emplace_back("-");
    if (!is_stdout(file)) all.push_back(file);
    return all;
}

void DataOutput::write(std::string_view text) const {
    for (const std::string& output : outputs()) {
        if (!output.empty()) write_output(output, text);
    }
}

}  // namespace ergon::cli
