#include "energy/sensors/prometheus.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/http.h"
#include "base/secrets.h"
#include "energy/counters/energy_unit.h"
#include "energy/counters/small_file.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;

constexpr std::string_view name_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:";

struct Series {
    MetricSelector metric;
    std::string_view rest;  // behind name and labels: the value
};

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool take(std::string_view& text, char expected) {
    skip_blanks(text);
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

std::string take_name(std::string_view& text) {
    skip_blanks(text);
    const std::string_view name = text.substr(0, text.find_first_not_of(name_characters));
    text.remove_prefix(name.size());
    return std::string(name);
}

/// A label's value in quotes, with the escapes \\ \" \n.
std::optional<std::string> take_quoted(std::string_view& text) {
    if (!take(text, '"')) return std::nullopt;
    std::string value;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"') return value;
        if (c != '\\') {
            value += c;
            continue;
        }
        if (text.empty()) return std::nullopt;
        value += text.front() == 'n' ? '\n' : text.front();
        text.remove_prefix(1);
    }
    return std::nullopt;
}

/// Name and labels at the start of a line; nothing if it has none.
std::optional<Series> parse_series(std::string_view text) {
    Series series;
    series.metric.name = take_name(text);
    if (series.metric.name.empty()) return std::nullopt;
    if (take(text, '{')) {
        while (!take(text, '}')) {
            const std::string label = take_name(text);
            if (label.empty() || !take(text, '=')) return std::nullopt;
            auto value = take_quoted(text);
            if (!value) return std::nullopt;
            series.metric.labels[label] = std::move(*value);
            if (!take(text, ',') && !text.starts_with('}')) return std::nullopt;
        }
    }
    series.rest = text;
    return series;
}

bool matches(const MetricSelector& metric, const MetricSelector& wanted) {
    return metric.name == wanted.name &&
           std::all_of(wanted.labels.begin(), wanted.labels.end(), [&](const auto& label) {
               const auto found = metric.labels.find(label.first);
               return found != metric.labels.end() && found->second == label.second;
           });
}

/// The first word of `text` as a number; a time stamp may follow it.
std::optional<double> leading_number(std::string_view text) {
    text = trimmed(text);
    text = text.substr(0, text.find_first_of(" \t"));
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

MetricSelector parse_selector(std::string_view text) {
    const auto series = parse_series(text);
    if (!series || !trimmed(series->rest).empty()) {
        base::fail(ErrorCode::bad_argument, "\"{}\" is not a metric; expected name or name{{label=\"value\"}}.", text);
    }
    return series->metric;
}

double sum_of_series(std::string_view page, const MetricSelector& selector, const std::string& where) {
    double sum = 0;
    bool found = false;
    while (!page.empty()) {
        const std::string_view line = page.substr(0, page.find('\n'));
        page.remove_prefix(std::min(line.size() + 1, page.size()));
        if (!trimmed(line).starts_with(selector.name)) continue;  // most lines, comments among them
        const auto series = parse_series(line);
        if (!series || !matches(series->metric, selector)) continue;
        const auto value = leading_number(series->rest);
        if (!value) {
            base::fail(ErrorCode::bad_file, "{} gives \"{}\"; expected a number after {}.", where, line.substr(0, 200),
                       selector.name);
        }
        sum += *value;
        found = true;
    }
    if (!found) {
        base::fail(ErrorCode::bad_file, "{} has no series {}{}.", where, selector.name,
                   selector.labels.empty() ? "" : " with these labels");
    }
    return sum;
}

PolledSensor::ReadFn prometheus_source(const std::string& address) {
    const std::size_t hash = address.find('#');
    if (hash == std::string::npos) {
        base::fail(ErrorCode::bad_argument,
                   "The sensor prometheus:{} names no metric; expected prometheus:http://host:port/metrics#name.",
                   base::without_credentials(address));
    }
    const MetricSelector selector = parse_selector(std::string_view(address).substr(hash + 1));
    const auto unit = unit_of_metric(selector.name);
    if (!unit) {
        base::fail(
            ErrorCode::bad_argument,
            "The unit of the metric {} is unknown; its name must end in one of {}, optionally followed by _total.",
            selector.name, known_metric_units());
    }
    return [url = address.substr(0, hash), selector, unit = *unit] {
        const std::string shown = base::without_credentials(url);
        const base::HttpResponse response = base::http_get(url);
        if (response.status != 200) {
            base::fail(ErrorCode::bad_file, "{} responds with status {}; expected a page of metrics.", shown,
                       response.status);
        }
        return quantity(sum_of_series(response.body, selector, shown), unit, shown);
    };
}

}  // namespace ergon::energy
