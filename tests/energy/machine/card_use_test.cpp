#include "energy/machine/card_use.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "energy/fake_sensor.h"

namespace ergon::energy {
namespace {

/// As in nvml_stub.cpp.
struct Users {
    int tells;
    unsigned count;
    unsigned pids[4];
    unsigned busy[4];
    unsigned long long memory;
};
struct StubCard {
    unsigned long long millijoules;
    unsigned milliwatts;
    int error;
};

class StubCards {
  public:
    explicit StubCards(const std::string& kind = "nvml_stub")
        : path_(std::string(ERGON_NVML_STUBS) + "/lib" + kind + ".so"),
          handle_(::dlopen(path_.c_str(), RTLD_NOW), &::dlclose) {
        for (int i = 0; i < 2; ++i) {
            card(i) = {1000, 100'000, 0};
            users(i) = {1, 0, {}, {}, 0};
        }
    }
    ~StubCards() {
        for (int i = 0; i < 2; ++i) users(i) = {0, 0, {}, {}, 0};
    }
    StubCards(const StubCards&) = delete;
    StubCards& operator=(const StubCards&) = delete;
    StubCard& card(int index) {
        return *reinterpret_cast<StubCard* (*)(int)>(::dlsym(handle_.get(), "stub_card"))(index);
    }
    Users& users(int index) { return *reinterpret_cast<Users* (*)(int)>(::dlsym(handle_.get(), "stub_users"))(index); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
    std::unique_ptr<void, int (*)(void*)> handle_;
};

TEST(CardUse, WithoutCardsNothingIsTaken) {
    CardUse none("libno-such-library.so.1");
    EXPECT_FALSE(none.any());
    EXPECT_EQ(none.taken_by({1}, seconds(1)), Figure{});
    CardUse not_wanted("");
    EXPECT_FALSE(not_wanted.any());
}

TEST(CardUse, ACardIsItsUsers) {
    StubCards stub;
    stub.users(0) = {1, 2, {20, 21}, {50, 30}, 8ull << 30};
    stub.users(1) = {1, 1, {99}, {100}, 8ull << 30};
    CardUse cards(stub.path());
    EXPECT_TRUE(cards.any());
    stub.card(0).millijoules += 30'000;
    stub.card(1).millijoules += 70'000;
    const auto taken = cards.taken_by({20, 21, 22}, seconds(1));
    ASSERT_TRUE(taken);
    EXPECT_DOUBLE_EQ(taken->value.value(), 30) << "all of the first, nothing of the second";
    EXPECT_EQ(taken->method, Method::measured);
    EXPECT_NEAR(taken->high.value(), 36, 1e-9) << "a step of 100 ms at either end of a second";
    EXPECT_EQ(cards.taken_by({7}, seconds(2)).value_or(Figure{{base::Joules(1)}, {}, {}, {}}).value, base::Joules(0));
}

TEST(CardUse, SharedByTheTimeOfKernels) {
    StubCards stub;
    stub.users(0) = {1, 2, {20, 30}, {60, 20}, 8ull << 30};
    CardUse cards(stub.path());
    stub.card(0).millijoules += 40'000;
    const auto taken = cards.taken_by({20}, seconds(10));
    ASSERT_TRUE(taken);
    EXPECT_DOUBLE_EQ(taken->value.value(), 30);
    EXPECT_EQ(taken->method, Method::apportioned);
    EXPECT_LE(taken->low.value(), 24.0 + 1e-9);
    stub.users(0).busy[0] = stub.users(0).busy[1] = 0;
    stub.card(0).millijoules += 10'000;
    EXPECT_DOUBLE_EQ(cards.taken_by({20}, seconds(20)).value().value.value(), 5) << "at rest equally";
}

TEST(CardUse, WhatACardDoesNotTellIsNotKnown) {
    StubCards stub;
    stub.users(0).tells = 0;
    CardUse silent(stub.path());
    EXPECT_FALSE(silent.taken_by({20}, seconds(1)));
    stub.users(0) = {1, 0, {}, {}, 8ull << 30};  // a container: memory is in use, and nobody's
    EXPECT_FALSE(silent.taken_by({20}, seconds(2)));
    stub.users(0) = {1, 0, {}, {}, 400ull << 20};
    EXPECT_TRUE(silent.taken_by({20}, seconds(3)));
    stub.users(0) = {1, 1, {20}, {50}, 8ull << 30};
    stub.card(0).error = 15;  // fallen off the bus
    EXPECT_FALSE(silent.taken_by({20}, seconds(4)));
    StubCards no_energy("nvml_stub_no_energy");
    no_energy.users(0) = {1, 1, {20}, {50}, 8ull << 30};
    CardUse power_only(no_energy.path());
    EXPECT_FALSE(power_only.taken_by({20}, seconds(1)));
}

}  // namespace
}  // namespace ergon::energy
