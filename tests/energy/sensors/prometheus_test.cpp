#include "energy/sensors/prometheus.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/http_server.h"
#include "energy/counters/energy_unit.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;
using base::Watts;
using test::expect_error;

// The form of Kepler's exporter, and what the format allows beside it.
constexpr const char* page = R"(# HELP kepler_node_cpu_joules_total Energy consumption of cpu at node level in joules
# TYPE kepler_node_cpu_joules_total counter
kepler_node_cpu_joules_total{path="/sys/class/powercap/intel-rapl:0",zone="package"} 15.25
kepler_node_cpu_joules_total{zone="package", path="/sys/class/powercap/intel-rapl:1",} 20.5 1700000000000
kepler_node_cpu_joules_total{path="a \"b\" \\ }{",zone="dram"} 4
kepler_node_cpu_joules_total_more 1000
kepler_node_cpu_watts 1.5e1
odd_joules NaN
plain_microjoules +2500000
half_joules{zone="x
half_joules{zone=x} 1
half_joules
)";

double sum(const std::string& selector) {
    return sum_of_series(page, parse_selector(selector), "The page");
}

TEST(Prometheus, SumsTheSeriesThatMatch) {
    EXPECT_EQ(sum("kepler_node_cpu_joules_total"), 39.75);
    EXPECT_EQ(sum(R"(kepler_node_cpu_joules_total{zone="package"})"), 35.75);
    EXPECT_EQ(sum(R"(kepler_node_cpu_joules_total{zone="package",path="/sys/class/powercap/intel-rapl:1"})"), 20.5);
    EXPECT_EQ(sum(R"(kepler_node_cpu_joules_total{path="a \"b\" \\ }{"})"), 4);
    EXPECT_EQ(sum("kepler_node_cpu_watts"), 15);
    EXPECT_EQ(sum("plain_microjoules"), 2'500'000);
}

TEST(Prometheus, WhatIsMissingOrNoNumberIsSaid) {
    expect_error(ErrorCode::bad_file, "has no series kepler_node_gpu_joules_total",
                 [] { sum("kepler_node_gpu_joules_total"); });
    expect_error(ErrorCode::bad_file, "with these labels", [] { sum(R"(kepler_node_cpu_joules_total{zone="psys"})"); });
    expect_error(ErrorCode::bad_file, "expected a number after half_joules", [] { sum("half_joules"); });
    for (const char* selector : {"", "{}", "a{", "a{b}", "a{b=c}", "a{b=\"c}", "a b", "a{b=\"c\" d=\"e\"}"}) {
        expect_error(ErrorCode::bad_argument, "is not a metric", [&] { parse_selector(selector); });
    }
}

TEST(Prometheus, HostilePagesDoNotCrash) {
    const std::string whole = page;
    const MetricSelector selector = parse_selector("kepler_node_cpu_joules_total");
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        try {
            sum_of_series(whole.substr(0, length), selector, "It");
            sum_of_series(whole.substr(length), selector, "It");
        } catch (const base::Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::bad_file);
        }
    }
    std::string zeros(1000, '\0');
    expect_error(ErrorCode::bad_file, "has no series", [&] { sum_of_series(zeros, selector, "It"); });
}

TEST(Prometheus, TheUnitIsAtTheEndOfTheName) {
    test::HttpServer server;
    server.answer("/metrics", page);
    const auto read_fn = [&](const std::string& metric) {
        return prometheus_source(server.address() + "/metrics#" + metric)();
    };
    EXPECT_EQ(read_fn("kepler_node_cpu_joules_total").total, Joules(39.75));
    EXPECT_EQ(read_fn("kepler_node_cpu_watts").power, Watts(15));
    EXPECT_FALSE(read_fn("kepler_node_cpu_watts").total);
    EXPECT_EQ(read_fn("plain_microjoules").total, Joules(2.5));
    expect_error(ErrorCode::bad_file, "not a power or an energy", [&] { read_fn("odd_joules"); });
    expect_error(ErrorCode::bad_argument, "_watts, _milliwatts,",
                 [&] { read_fn("kepler_node_cpu_joules_total_more"); });
    expect_error(ErrorCode::bad_argument, "names no metric", [&] { prometheus_source(server.address() + "/metrics"); });
    expect_error(ErrorCode::bad_file, "status 404",
                 [&] { prometheus_source(server.address() + "/nothing#a_joules")(); });
}

TEST(EnergyUnit, KnowsTheUnitsOfMetrics) {
    EXPECT_EQ(unit_of_metric("a_kilowatthours_total")->factor, 3.6e6);
    EXPECT_EQ(unit_of_metric("a_milliwatts")->power, true);
    EXPECT_EQ(unit_of_metric("a_millijoules_total")->factor, 1e-3);
    EXPECT_FALSE(unit_of_metric("joules"));
    EXPECT_FALSE(unit_of_metric("a_total"));
}

}  // namespace
}  // namespace ergon::energy
