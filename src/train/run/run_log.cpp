#include "train/run/run_log.h"

#include <algorithm>
#include <concepts>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "base/strings/text.h"

namespace ergon::train {
namespace {

using base::Json;

/// Whole numbers as such (get_to cuts fractions off), also in lists.
template <typename T>
void read(const Json& json, T& into) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        into = base::get_integer<T>(json);
    } else {
        json.get_to(into);
    }
}
template <typename T>
void read(const Json& json, std::vector<T>& into) {
    for (const Json& one : json) read(one, into.emplace_back());
}

Json grid_json(const GridLine& grid) {
    return {{"grams_per_kwh", grid.intensity.value()},
            {"grams", grid.grams},
            {"total_grams", grid.total},
            {"unscheduled_grams", grid.unscheduled},
            {"waited_seconds", grid.waited.value()},
            {"waiting_joules", grid.waiting},
            {"waiting_grams", grid.waiting_grams}};
}

GridLine read_grid(const Json& json) {
    GridLine grid;
    grid.intensity = base::GramsPerKilowattHour(json.at("grams_per_kwh").get<double>());
    read(json.at("grams"), grid.grams);
    read(json.at("total_grams"), grid.total);
    read(json.at("unscheduled_grams"), grid.unscheduled);
    grid.waited = base::Seconds(json.at("waited_seconds").get<double>());
    read(json.at("waiting_joules"), grid.waiting);
    read(json.at("waiting_grams"), grid.waiting_grams);
    return grid;
}

Json round_json(const RoundReport& round) {
    return {{"reward", round.reward},
            {"right", round.right},
            {"well_formed", round.well_formed},
            {"capped", round.capped},
            {"thinking_tokens", round.thinking_tokens},
            {"answer_tokens", round.answer_tokens},
            {"sampled_tokens", round.sampled_tokens},
            {"counted_joules", round.joules},
            {"divergence", round.divergence},
            {"informative", round.informative}};
}

RoundReport read_round(const Json& json) {
    RoundReport round;
    read(json.at("reward"), round.reward);
    read(json.at("right"), round.right);
    read(json.at("well_formed"), round.well_formed);
    read(json.at("capped"), round.capped);
    read(json.at("thinking_tokens"), round.thinking_tokens);
    read(json.at("answer_tokens"), round.answer_tokens);
    read(json.at("sampled_tokens"), round.sampled_tokens);
    read(json.at("counted_joules"), round.joules);
    read(json.at("divergence"), round.divergence);
    read(json.at("informative"), round.informative);
    return round;
}

StepLine read_line(const Json& json) {
    StepLine line;
    StepReport& r = line.report;
    read(json.at("step"), r.step);
    read(json.at("loss"), r.loss);
    read(json.at("accuracy"), r.accuracy);
    read(json.at("tokens"), r.tokens);
    read(json.at("examples"), r.examples);
    read(json.at("learning_rate"), r.learning_rate);
    read(json.at("gradient_norm"), r.gradient_norm);
    read(json.at("mtp_loss"), r.mtp_loss);
    read(json.at("mtp_acceptance"), r.mtp_acceptance);
    read(json.at("balance_loss"), r.balance_loss);
    read(json.at("max_violation"), r.max_violation);
    read(json.at("loads"), r.loads);
    line.seconds = base::Seconds(json.at("seconds").get<double>());
    read(json.at("joules"), line.joules);
    read(json.at("total_tokens"), line.total_tokens);
    line.total_seconds = base::Seconds(json.at("total_seconds").get<double>());
    read(json.at("total_joules"), line.total);
    if (json.contains("other_programs")) line.others = json.at("other_programs").get<energy::Figure>();
    if (json.contains("total_other_programs")) {
        line.total_others = json.at("total_other_programs").get<energy::Figure>();
    }
    if (json.contains("round")) r.round = read_round(json.at("round"));
    if (json.contains("grid")) line.grid = read_grid(json.at("grid"));
    return line;
}

Json json_of(const StepLine& line) {
    const StepReport& r = line.report;
    Json json{{"step", r.step},
              {"loss", r.loss},
              {"accuracy", r.accuracy},
              {"tokens", r.tokens},
              {"examples", r.examples},
              {"learning_rate", r.learning_rate},
              {"gradient_norm", r.gradient_norm},
              {"mtp_loss", r.mtp_loss},
              {"mtp_acceptance", r.mtp_acceptance},
              {"balance_loss", r.balance_loss},
              {"max_violation", r.max_violation},
              {"loads", r.loads},
              {"seconds", line.seconds.value()},
              {"joules", line.joules},
              {"joules_per_token", line.joules / static_cast<double>(r.tokens)},
              {"total_tokens", line.total_tokens},
              {"total_seconds", line.total_seconds.value()},
              {"total_joules", line.total}};
    if (line.others) json["other_programs"] = *line.others;
    if (line.total_others) json["total_other_programs"] = *line.total_others;
    if (r.round) json["round"] = round_json(*r.round);
    if (line.grid) json["grid"] = grid_json(*line.grid);
    return json;
}

/// A line's fields, those within fields behind a dot.
void flatten(const Json& json, const std::string& before, std::vector<std::pair<std::string, std::string>>& fields) {
    for (const auto& [key, value] : json.items()) {
        const std::string name = before.empty() ? key : before + "." + key;
        if (value.is_object()) {
            flatten(value, name, fields);
        } else {
            fields.emplace_back(name, value.is_string() ? value.get<std::string>() : base::json_text(value));
        }
    }
}

}  // namespace

std::string line_text(const StepLine& line) {
    return base::json_text(json_of(line)) + "\n";
}

std::string csv_text(const std::vector<StepLine>& lines) {
    std::vector<std::string> columns;
    std::vector<std::map<std::string, std::string>> rows;
    for (const StepLine& line : lines) {
        std::vector<std::pair<std::string, std::string>> fields;
        flatten(json_of(line), "", fields);
        for (const auto& [name, value] : fields) {
            if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
        }
        rows.emplace_back(fields.begin(), fields.end());
    }
    std::string text = fmt::format("{}\n", fmt::join(columns, ","));
    for (auto& row : rows) {
        for (std::size_t i = 0; i < columns.size(); ++i) text += (i > 0 ? "," : "") + base::csv_cell(row[columns[i]]);
        text += '\n';
    }
    return text;
}

std::vector<StepLine> read_run_log(const std::filesystem::path& log, std::int64_t last) {
    std::vector<StepLine> lines;
    if (!base::path_exists(log)) return lines;
    const std::string text = base::read_text(log);
    // A last line without its end was cut off.
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
        const auto refuse = [&](const std::string& why) {
            base::fail(base::ErrorCode::bad_file, "{}: line {} is not from a training run ({})", log.string(),
                       lines.size() + 1, why);
        };
        try {
            StepLine line = read_line(base::parse_json(std::string_view(text).substr(begin, end - begin), "it"));
            if (line.report.step > last) break;
            lines.push_back(std::move(line));
        } catch (const nlohmann::json::exception& error) {
            refuse(base::json_reason(error));
        } catch (const base::Error& error) {
            refuse(error.what());
        }
    }
    return lines;
}

}  // namespace ergon::train
