#include "train/run_log.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/paths.h"

namespace ergon::train {
namespace {

using base::Json;

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
    json.at("grams").get_to(grid.grams);
    json.at("total_grams").get_to(grid.total);
    json.at("unscheduled_grams").get_to(grid.unscheduled);
    grid.waited = base::Seconds(json.at("waited_seconds").get<double>());
    json.at("waiting_joules").get_to(grid.waiting);
    json.at("waiting_grams").get_to(grid.waiting_grams);
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
    json.at("reward").get_to(round.reward);
    json.at("right").get_to(round.right);
    json.at("well_formed").get_to(round.well_formed);
    json.at("capped").get_to(round.capped);
    json.at("thinking_tokens").get_to(round.thinking_tokens);
    json.at("answer_tokens").get_to(round.answer_tokens);
    json.at("sampled_tokens").get_to(round.sampled_tokens);
    json.at("counted_joules").get_to(round.joules);
    json.at("divergence").get_to(round.divergence);
    json.at("informative").get_to(round.informative);
    return round;
}

StepLine read_line(const Json& json) {
    StepLine line;
    StepReport& r = line.report;
    json.at("step").get_to(r.step);
    json.at("loss").get_to(r.loss);
    json.at("accuracy").get_to(r.accuracy);
    json.at("tokens").get_to(r.tokens);
    json.at("examples").get_to(r.examples);
    json.at("learning_rate").get_to(r.learning_rate);
    json.at("gradient_norm").get_to(r.gradient_norm);
    json.at("mtp_loss").get_to(r.mtp_loss);
    json.at("mtp_acceptance").get_to(r.mtp_acceptance);
    json.at("balance_loss").get_to(r.balance_loss);
    json.at("max_violation").get_to(r.max_violation);
    json.at("loads").get_to(r.loads);
    line.seconds = base::Seconds(json.at("seconds").get<double>());
    json.at("joules").get_to(line.joules);
    json.at("total_tokens").get_to(line.total_tokens);
    line.total_seconds = base::Seconds(json.at("total_seconds").get<double>());
    json.at("total_joules").get_to(line.total);
    if (json.contains("other_programs")) line.others = json.at("other_programs").get<energy::Figure>();
    if (json.contains("total_other_programs")) {
        line.total_others = json.at("total_other_programs").get<energy::Figure>();
    }
    if (json.contains("round")) r.round = read_round(json.at("round"));
    if (json.contains("grid")) line.grid = read_grid(json.at("grid"));
    return line;
}

}  // namespace

std::string line_text(const StepLine& line) {
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
    return base::json_text(json) + "\n";
}

std::vector<StepLine> read_run_log(const std::filesystem::path& log, std::int64_t last) {
    std::vector<StepLine> lines;
    if (!base::path_exists(log)) return lines;
    const std::string text = base::read_text(log);
    // A last line without its end was cut off.
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
        const auto refuse = [&](const std::string& why) {
            base::fail(base::ErrorCode::bad_file, "{}: line {} is none that a run of training wrote ({})", log.string(),
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
