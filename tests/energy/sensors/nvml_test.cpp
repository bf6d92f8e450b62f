#include "energy/sensors/nvml.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>

#include "energy/fake_sensor.h"

namespace ergon::energy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = Reading::State;

struct Card {
    unsigned long long millijoules;
    unsigned milliwatts;
    int error;
};

/// One kind of stub, and the cards inside it as they were when it was loaded.
class Stub {
  public:
    explicit Stub(const std::string& kind)
        : path_(std::string(ERGON_NVML_STUBS) + "/lib" + kind + ".so"),
          handle_(::dlopen(path_.c_str(), RTLD_NOW), &::dlclose) {
        EXPECT_TRUE(handle_) << path_;
        card(0) = card(1) = {1000, 100'000, 0};
    }
    Card& card(int index) { return *reinterpret_cast<Card* (*)(int)>(::dlsym(handle_.get(), "stub_card"))(index); }
    int running() { return reinterpret_cast<int (*)()>(::dlsym(handle_.get(), "stub_running"))(); }
    FoundSensors find() { return find_nvml(path_, seconds(0)); }

  private:
    std::string path_;
    std::unique_ptr<void, int (*)(void*)> handle_;
};

TEST(Nvml, WithoutTheLibraryThereIsNothing) {
    const FoundSensors found = find_nvml("libno-such-library.so.1", seconds(0));
    EXPECT_TRUE(found.sensors.empty());
    EXPECT_TRUE(found.problems.empty());
}

TEST(Nvml, TwoCardsCountTheirEnergy) {
    Stub stub("nvml_stub");
    {
        const FoundSensors found = stub.find();
        ASSERT_EQ(found.sensors.size(), 2u);
        EXPECT_EQ(stub.running(), 1);
        EXPECT_EQ(found.sensors[1]->info().name, "gpu-1 (Stub)");
        EXPECT_EQ(found.sensors[1]->info().scope, Scope::accelerator);
        EXPECT_EQ(found.sensors[1]->info().step, seconds(0.1));
        stub.card(0).millijoules = 1500;
        stub.card(1).millijoules = 8250;
        EXPECT_EQ(found.sensors[0]->read(seconds(0.1)).energy, joules(0.5));
        EXPECT_EQ(found.sensors[1]->read(seconds(0.1)).energy, joules(7.25));
        EXPECT_EQ(found.sensors[1]->read(seconds(0.15)).energy, joules(0)) << "it steps every 100 ms";
    }
    EXPECT_EQ(stub.running(), 0) << "shut down with the last sensor";
}

TEST(Nvml, ACounterThatIsResetIsLost) {
    Stub stub("nvml_stub");
    const FoundSensors found = stub.find();
    stub.card(0).millijoules = 10;
    const Reading reset = found.sensors[0]->read(seconds(1));
    EXPECT_EQ(reset.state, State::lost);
    EXPECT_THAT(reset.problem, HasSubstr("went backwards"));
    stub.card(0).millijoules = 2010;
    EXPECT_EQ(found.sensors[0]->read(seconds(2)).energy, joules(2));
}

TEST(Nvml, ACardThatVanishesIsPendingNeverZero) {
    Stub stub("nvml_stub");
    const FoundSensors found = stub.find();
    stub.card(0).error = 15;  // NVML_ERROR_GPU_IS_LOST
    const Reading gone = found.sensors[0]->read(seconds(1));
    EXPECT_EQ(gone.state, State::pending);
    EXPECT_THAT(gone.problem, HasSubstr("NVML error 15"));
    stub.card(0).error = 0;
    stub.card(0).millijoules = 4000;
    const Reading back = found.sensors[0]->read(seconds(2));
    EXPECT_EQ(back.begin, seconds(0));
    EXPECT_EQ(back.energy, joules(3));
}

TEST(Nvml, ACardThatCannotBeOpenedLeavesTheOther) {
    Stub stub("nvml_stub");
    stub.card(0).error = 4;
    const FoundSensors found = stub.find();
    ASSERT_EQ(found.sensors.size(), 1u);
    EXPECT_EQ(found.sensors[0]->info().name, "gpu-1 (Stub)");
    EXPECT_THAT(found.problems, ElementsAre(HasSubstr("card 0 cannot be opened (NVML error 4)")));
    ASSERT_EQ(found.unread.size(), 1u) << "it takes energy all the same";
    EXPECT_EQ(found.unread[0].info.name, "gpu-0");
    EXPECT_EQ(found.unread[0].info.scope, Scope::accelerator);
}

TEST(Nvml, WithoutACounterPowerIsIntegrated) {
    Stub stub("nvml_stub_no_energy");
    const FoundSensors found = stub.find();
    ASSERT_EQ(found.sensors.size(), 2u);
    stub.card(0).milliwatts = 300'000;
    EXPECT_EQ(found.sensors[0]->read(seconds(0.5)).energy, joules(100));
    stub.card(0).error = 15;
    EXPECT_EQ(found.sensors[0]->read(seconds(1)).state, State::pending);
    EXPECT_EQ(found.sensors[0]->read(seconds(2.6)).state, State::lost);
}

TEST(Nvml, ALibraryThatCannotBeUsedIsNamed) {
    EXPECT_THAT(Stub("nvml_stub_missing_symbol").find().problems, ElementsAre(HasSubstr("lacks required functions")));
    EXPECT_THAT(Stub("nvml_stub_init_fails").find().problems,
                ElementsAre(HasSubstr("nvmlInit_v2 failed with error 9")));
}

}  // namespace
}  // namespace ergon::energy
