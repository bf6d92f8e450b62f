#include "lab/slice/shapes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files/data_files.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "base/json/json_text.h"
#include "lab/figure_text.h"

namespace ergon::lab {
namespace {

constexpr std::size_t file_limit = std::size_t{1} << 20;

ShapeSpeed speed_of(const nlohmann::json& json) {
    return {json.at("tokens_per_second").get<double>(), json.at("joules_per_token").get<energy::Figure>()};
}

/// Of the first shape: 1.
ConfidenceInterval ratio_of(const nlohmann::json& json, bool first) {
    if (first) return {1, 1, 1};
    const nlohmann::json& ratio = json.at("joules_of_sparse");
    return {ratio.at("value").get<double>(), ratio.at("low").get<double>(), ratio.at("high").get<double>()};
}

MeasuredShape shape_of(const nlohmann::json& json, bool first) {
    const nlohmann::json& parameters = json.at("parameters");
    return {json.at("shape").get<std::string>(),
            base::get_integer<std::int64_t>(parameters.at("total")),
            base::get_integer<std::int64_t>(parameters.at("active")),
            base::get_integer<std::int64_t>(json.at("bytes")),
            speed_of(json.at("prefill")),
            speed_of(json.at("decode")),
            ratio_of(json, first)};
}

std::string against(const MeasuredShape& dense) {
    const ConfidenceInterval& ratio = dense.joules_of_sparse;
    return fmt::format("{}: {} times the joules of the sparse one for a generated token ({} to {} over the turns, {})",
                       dense.shape, digits(ratio.value), digits(ratio.low), digits(ratio.high),
                       energy::name(dense.decode.joules_per_token.method));
}

Shapes parse_shapes(std::string_view text, const std::string& file) {
    try {
        const nlohmann::json json = base::parse_json<base::TreeJson>(text, file);
        Shapes shapes{json.at("measured").get<std::string>(),
                      json.at("command").get<std::string>(),
                      json.at("machine").get<std::string>(),
                      {}};
        for (const nlohmann::json& one : json.at("shapes"))
            shapes.shapes.push_back(shape_of(one, shapes.shapes.empty()));
        if (shapes.shapes.empty()) {
            base::fail(base::ErrorCode::bad_file, "{}: \"shapes\" is empty; expected what bench/shapes.py writes.",
                       file);
        }
        return shapes;
    } catch (const nlohmann::json::exception& error) {
        base::fail(base::ErrorCode::bad_file, "{}: expected what bench/shapes.py writes ({}).", file,
                   base::json_reason(error));
    }
}

}  // namespace

Shapes read_shapes() {
    return parse_shapes(base::embedded_text("shapes.json"), "data/shapes.json");
}

Shapes read_shapes(const std::filesystem::path& file) {
    return parse_shapes(base::read_text(file, file_limit), file.string());
}

std::vector<report::Block> shape_blocks(const Shapes& shapes) {
    const base::Unit rate{"tokens/s"}, parameters{"", base::Prefixes::all}, bytes{"B", base::Prefixes::all};
    report::Table table;
    table.caption = "The shape of DeepSeek-V2-Lite, and two dense shapes";
    table.columns = {{"feed-forward layers", report::Align::left},
                     {"parameters", report::Align::right},
                     {"active per token", report::Align::right},
                     {"file", report::Align::right},
                     {"prompt", report::Align::right},
                     {"generating", report::Align::right},
                     {"energy per prompt token", report::Align::right},
                     {"per generated token", report::Align::right}};
    for (const MeasuredShape& one : shapes.shapes) {
        table.rows.push_back({one.shape, report::Amount{static_cast<double>(one.total), parameters},
                              report::Amount{static_cast<double>(one.active), parameters},
                              report::Amount{static_cast<double>(one.bytes), bytes},
                              report::Amount{one.prefill.tokens_per_second, rate},
                              report::Amount{one.decode.tokens_per_second, rate}, one.prefill.joules_per_token,
                              one.decode.joules_per_token});
    }
    std::string said;
    for (std::size_t i = 1; i < shapes.shapes.size(); ++i) {
        said += fmt::format("{}{}", said.empty() ? "" : "; ", against(shapes.shapes[i]));
    }
    return {
        report::Paragraph{
            "The models above fit into the processor's cache, where reading a weight costs little. Sparse experts save "
            "energy where weights are read from memory. This table is from random weights in the shape of "
            "DeepSeek-V2-Lite, which have the speed and energy of the real ones, and from dense shapes that differ in "
            "their feed-forward layers alone."},
        std::move(table), report::Paragraph{said + "."},
        report::Note{fmt::format("Measured on {} by {}; {}.", shapes.measured, shapes.command, shapes.machine)}};
}

}  // namespace ergon::lab
