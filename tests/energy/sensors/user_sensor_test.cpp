#include "energy/sensors/user_sensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/expect_error.h"
#include "base/http_server.h"
#include "energy/cost/command_output.h"
#include "energy/counters/energy_unit.h"
#include "energy/fake_sensor.h"
#include "energy/fake_tree.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::Joules;
using base::Watts;
using test::expect_error;
using ::testing::HasSubstr;
using State = Reading::State;

TEST(Quantity, ReadsANumberAndItsUnit) {
    const auto read = [](std::string_view text) { return parse_quantity(text, {}, "It"); };
    EXPECT_EQ(read("12.5 W").power, Watts(12.5));
    EXPECT_EQ(read(" 3400 J\n").total, Joules(3400));
    EXPECT_EQ(read("250mW").power, Watts(0.25));
    EXPECT_EQ(read("3e6 uW").power, Watts(3e6 * 1e-6));
    EXPECT_EQ(read("2 kW").power, Watts(2000));
    EXPECT_EQ(read("5 mJ").total, Joules(0.005));
    EXPECT_EQ(read("5 kJ").total, Joules(5000));
    EXPECT_EQ(read("1.5 Wh").total, Joules(5400));
    EXPECT_EQ(read("2 kWh").total, Joules(7.2e6));
    EXPECT_EQ(parse_quantity("7", unit_named("uJ"), "It").total, Joules(7e-6));
    EXPECT_EQ(parse_quantity("7 J", unit_named("uJ"), "It").total, Joules(7)) << "what is written is nearer";
}

TEST(Quantity, SaysWhatIsWrong) {
    const auto read = [](std::string_view text) { parse_quantity(text, {}, "It"); };
    expect_error(ErrorCode::bad_file, "a number without a unit", [&] { read("12.5"); });
    expect_error(ErrorCode::bad_file, "the unknown unit \"V\"; known units are W, mW,", [&] { read("12.5 V"); });
    expect_error(ErrorCode::bad_file, "expected a number and a unit", [&] { read(""); });
    expect_error(ErrorCode::bad_file, "expected a number and a unit", [&] { read("W 5"); });
    for (const char* text : {"-5 W", "inf W", "nan J"}) {
        expect_error(ErrorCode::bad_file, "not a power or an energy", [&] { read(text); });
    }
}

TEST(CommandOutput, IsWhatItPrints) {
    EXPECT_EQ(command_output("echo 1; echo 2"), "1\n2\n");
    EXPECT_EQ(command_output("cat"), "") << "nothing to read";
}

TEST(CommandOutput, FailuresAndLimitsAreErrors) {
    expect_error(ErrorCode::system, "failed (exit code 3)", [] { command_output("exit 3"); });
    expect_error(ErrorCode::system, "failed (signal 15)", [] { command_output("kill -TERM $$"); });
    expect_error(ErrorCode::system, "more than 65536 bytes",
                 [] { command_output("while :; do echo xxxxxxxxxxxxxxxx; done"); });
    const base::Nanoseconds begin = base::now();
    for (const char* command : {"sleep 30", "sleep 30 & echo 5 W", "exec >&-; sleep 30", "trap '' TERM; sleep 30"}) {
        expect_error(ErrorCode::system, "took longer", [&] { command_output(command, seconds(0.1)); });
    }
    EXPECT_LT(base::to_seconds(base::now() - begin).value(), 10.0);
}

TEST(NamedSensor, AFileOfJoulesIsACounter) {
    const FakeTree tree;
    tree.write("energy", "1000\n");
    const auto sensor = open_user_sensor("file:" + (tree.root() / "energy").string() + "#uJ", seconds(0));
    EXPECT_EQ(sensor->info().scope, Scope::machine);
    EXPECT_EQ(sensor->info().source, "file");
    tree.write("energy", "2501000\n");
    EXPECT_EQ(sensor->read(seconds(1)).energy, joules(2.5));
    tree.write("energy", "\n");
    EXPECT_EQ(sensor->read(seconds(2)).state, State::pending);
    tree.write("energy", "1\n");
    EXPECT_EQ(sensor->read(seconds(3)).state, State::lost);
}

TEST(NamedSensor, AFileOfWattsIsAPower) {
    const FakeTree tree;
    tree.write("power", "10 W\n");
    const auto sensor = open_user_sensor("file:" + (tree.root() / "power").string(), seconds(0));
    tree.write("power", "20 W\n");
    EXPECT_EQ(sensor->read(seconds(1)).energy, joules(15));
    tree.write("power", "20 J\n");
    EXPECT_THAT(sensor->read(seconds(2)).problem, HasSubstr("changed between power and energy"));
}

TEST(NamedSensor, ACommandIsAskedNowAndThen) {
    const auto sensor = open_user_sensor("command:echo 4000#mW", seconds(0));
    EXPECT_EQ(sensor->info().name, "echo 4000#mW");
    const base::Nanoseconds begin = base::now();
    sensor->restart(begin);
    const Reading reading = sensor->read(begin + seconds(0.5));
    ASSERT_EQ(reading.state, State::valid) << reading.problem;
    EXPECT_EQ(reading.energy, joules(2));
}

TEST(NamedSensor, APlugThatStopsAnsweringIsBridgedOrLost) {
    test::HttpServer plug;
    plug.answer("/rpc/Switch.GetStatus?id=0", R"({"apower": 40, "aenergy": {"total": 10}})");
    const auto sensor = open_user_sensor("plug:" + plug.address(), base::now());
    EXPECT_EQ(sensor->info().name, plug.address());
    const base::Nanoseconds begin = base::now();
    sensor->restart(begin);
    EXPECT_EQ(sensor->read(begin + seconds(0.25)).energy, joules(10));
    plug.fall_silent();
    const Reading silent = sensor->read(begin + seconds(60));
    EXPECT_EQ(silent.state, State::pending) << "its counter may tell later";
    EXPECT_EQ(silent.energy, joules(0));
}

TEST(NamedSensor, SaysWhatIsWrongAtOnce) {
    const auto open = [](const std::string& spec) { open_user_sensor(spec, seconds(0)); };
    for (const char* spec : {"", "plug", "plug:", "file:", "psys", "http://x", "Plug:http://x"}) {
        expect_error(ErrorCode::bad_argument, "is not a sensor; expected plug:http://host", [&] { open(spec); });
    }
    expect_error(ErrorCode::not_found, "/no/such/file", [&] { open("file:/no/such/file"); });
    expect_error(ErrorCode::bad_file, "a number without a unit", [&] { open("command:echo 5"); });
    expect_error(ErrorCode::system, "failed (exit code 127)", [&] { open("command:exit 127#W"); });
    expect_error(ErrorCode::system, "does not respond",
                 [&] { open("prometheus:http://127.0.0.1:1/metrics#a_joules"); });
}

}  // namespace
}  // namespace ergon::energy
