#include "energy/cost/grid.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using test::expect_error;

// 2026-11-22T14:00:00Z
constexpr std::int64_t two_o_clock = 1795356000;

SystemTime at(std::int64_t seconds) {
    return SystemTime(std::chrono::seconds(seconds));
}

TEST(Grid, EachLineHoldsUntilTheNextForAnHourAtMost) {
    const test::TemporaryDirectory folder;
    const auto path = folder.write("grid.csv",
                                   "time,g/kWh\n2026-11-22T14:00Z,212\n2026-11-22 14:30:00+00:00,180\n"
                                   "2026-11-22T15:00:00Z,99.5,hydro\n2026-11-22T17:00Z,40\n");
    const Grid grid = open_grid(path.string());
    EXPECT_EQ(grid(at(two_o_clock)).value(), 212);
    EXPECT_EQ(grid(at(two_o_clock + 1799)).value(), 212);
    EXPECT_EQ(grid(at(two_o_clock + 1800)).value(), 180);
    EXPECT_EQ(grid(at(two_o_clock + 7199)).value(), 99.5);
    EXPECT_EQ(grid(at(two_o_clock + 4 * 3600 - 1)).value(), 40);
    for (const std::int64_t unknown : {-1, 7200, 4 * 3600}) {
        expect_error(ErrorCode::bad_file, "it covers 2026-11-22T14:00Z to 2026-11-22T18:00Z",
                     [&] { grid(at(two_o_clock + unknown)); });
    }
}

TEST(Grid, AFileThatGrewIsReadAgain) {
    const test::TemporaryDirectory folder;
    const auto path = folder.write("grid.csv", "2026-11-22T14:00Z,212\n");
    const Grid grid = open_grid(path.string());
    test::expect_error(base::ErrorCode::bad_file, "has no value for the current time",
                       [&] { grid(at(two_o_clock + 3600)); });
    folder.write("grid.csv", "2026-11-22T14:00Z,212\n2026-11-22T15:00Z,150\n");
    EXPECT_EQ(grid(at(two_o_clock + 3600)).value(), 150);
}

TEST(Grid, RefusesWhatIsNone) {
    const test::TemporaryDirectory folder;
    expect_error(ErrorCode::not_found, "none.csv", [&] { open_grid((folder.path() / "none.csv").string()); });
    const auto refused = [&](const char* text, const char* sentence) {
        const std::string path = folder.write("grid.csv", text).string();
        expect_error(ErrorCode::bad_file, sentence, [&] { open_grid(path); });
    };
    refused("time,g/kWh\n", "has no hours");
    refused("time,g/kWh\n2026-11-22T14:00Z,many\n", "line 2: expected a time");
    refused("2026-11-22T14:00Z,100\n2026-11-22T13:00Z,100\n", "line 2");
    refused("2026-11-22T14:00Z,100\n2026-11-22T15:00Z,-1\n", "line 2");
    refused("2026-11-22T14:00Z,100\n2026-11-22T15:00Z,6000\n", "grams of CO2e per kWh from 0 to 5000");
    refused("2026-11-22T14:00Z,100\n2026-11-22T15:00+01:00,60\n", "line 2");
    for (const char* time : {"nan", "inf", "1e17", "-5", "2026-99-99T00:00:00", "2026-02-30T00:00:00",
                             "2026-01-01T24:00:00", "2e03-01-01T00:00:00", "9223372036854775807"}) {
        refused(("time,g/kWh\n" + std::string(time) + ",100\n").c_str(), "line 2: expected a time");
    }
}

TEST(Grid, ACommandIsAskedForItsFirstNumber) {
    const test::TemporaryDirectory folder;
    const std::string count = (folder.path() / "count").string();
    const Grid grid = open_grid("command:echo asked >> " + count + "; echo \"now: 187.5 g/kWh of 300\"");
    EXPECT_EQ(grid(at(0)).value(), 187.5);
    EXPECT_EQ(grid(at(299)).value(), 187.5);
    EXPECT_EQ(std::filesystem::file_size(count), 6u) << "asked once in five minutes";
    EXPECT_EQ(grid(at(300)).value(), 187.5);
    EXPECT_EQ(std::filesystem::file_size(count), 12u);
    expect_error(ErrorCode::system, "failed (exit code 3)", [] { open_grid("command:exit 3")(at(0)); });
    expect_error(ErrorCode::bad_file, "prints \"none\"; expected grams", [] { open_grid("command:echo none")(at(0)); });
    expect_error(ErrorCode::bad_file, "prints \"-5\"", [] { open_grid("command:echo -5")(at(0)); });
}

}  // namespace
}  // namespace ergon::energy
