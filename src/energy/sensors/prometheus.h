#pragma once
// Energy and power that another program exports in Prometheus' text format (Kepler, Scaphandre, a node's exporter).

#include <map>
#include <string>
#include <string_view>

#include "energy/counters/polled.h"

namespace ergon::energy {

/// Which series of a page are meant: those of this name that have these labels.
struct MetricSelector {
    std::string name;
    std::map<std::string, std::string> labels;
};

/// "name" or "name{label=\"value\",...}". Throws Error(bad_argument).
MetricSelector parse_selector(std::string_view text);

/// The sum of the series that `selector` means. Throws Error(bad_file) with a sentence that begins with `where` if
/// there is none, or if one of them is no plain number. Lines that are not understood are passed over.
double sum_of_series(std::string_view page, const MetricSelector& selector, const std::string& where);

/// "http://host:port/metrics#name{label=\"value\"}"; the unit follows from the end of the name. Throws
/// Error(bad_argument).
PolledSensor::ReadFn prometheus_source(const std::string& address);

}  // namespace ergon::energy
