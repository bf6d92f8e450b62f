#include "energy/ledger/request_figures.h"

#include <gtest/gtest.h>

namespace ergon::energy {
namespace {

using base::Joules;
using base::Nanojoules;
using base::Nanoseconds;
using base::Watts;

constexpr ComponentId attention = 1, experts = 2;

Nanojoules nj(double joules) {
    return Nanojoules(static_cast<std::int64_t>(joules * 1e9));
}

/// The estimate's ends are at 0.5 and 3 times its active power, and at 0.25 and 2 times its idle power.
Uncertainty uncertainty(bool idle_observed) {
    return {{Watts(4), Watts(1), Watts(8)}, {Watts(2), Watts(1), Watts(6)}, {}, idle_observed, Nanoseconds(0)};
}

/// An answer of 10 J of work, 3 of them by attention and 7 by two layers of experts.
RequestAccount ten_joules(double estimated) {
    RequestAccount account;
    Charge& answer = account.phases[static_cast<std::size_t>(Phase::answer)];
    answer.active = nj(10);
    answer.active_estimated = nj(estimated);
    answer.time = Nanoseconds(1'000'000'000);
    answer.cells[{attention}] = nj(3);
    answer.cells[{experts, 0, 5}] = nj(4);
    answer.cells[{experts, 1, 2}] = nj(3);
    return account;
}

std::map<ComponentId, Figure> components(double estimated, bool idle_observed = true) {
    return figures_of(ten_joules(estimated), uncertainty(idle_observed))[Phase::answer].components;
}

void expect_figure(const Figure& figure, double value, double low, double high, Method method) {
    EXPECT_NEAR(figure.value.value(), value, 1e-9);
    EXPECT_NEAR(figure.low.value(), low, 1e-9);
    EXPECT_NEAR(figure.high.value(), high, 1e-9);
    EXPECT_EQ(figure.method, method);
}

TEST(RequestFigures, CountedComponentsHaveTheErrorOfTheSplit) {
    const auto of = components(0);
    ASSERT_EQ(of.size(), 2u) << "layers and experts of a component are one figure";
    expect_figure(of.at(attention), 3, 3 * 0.8, 3 * 1.2, Method::apportioned);
    expect_figure(of.at(experts), 7, 7 * 0.8, 7 * 1.2, Method::apportioned);
}

TEST(RequestFigures, EstimatedComponentsHaveTheErrorOfTheEstimate) {
    expect_figure(components(10).at(attention), 3, 1.5, 9, Method::estimated);
}

TEST(RequestFigures, ComponentsHaveBothErrorsByTheShareThatWasEstimated) {
    // A quarter estimated: below 0.75 x 0.2 + 0.25 x 0.5, above 0.75 x 0.2 + 0.25 x 2.
    expect_figure(components(2.5).at(attention), 3, 3 * (1 - 0.275), 3 * (1 + 0.65), Method::estimated);
}

TEST(RequestFigures, ComponentsRestOnTheIdlePowerThatWasTakenOff) {
    EXPECT_EQ(components(0, false).at(attention).method, Method::estimated);
}

TEST(RequestFigures, WhatWasSharedIsKnownToAFifth) {
    Amounts amounts;
    amounts.active = nj(10);
    amounts.shared = nj(5);
    amounts.time = Nanoseconds(1'000'000'000);
    expect_figure(total_of(amounts, uncertainty(true)), 10, 9, 11, Method::apportioned);
    expect_figure(above_idle_of(amounts, uncertainty(true)), 10, 9, 11, Method::apportioned);
}

}  // namespace
}  // namespace ergon::energy
