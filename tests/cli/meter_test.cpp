// ergon meter and ergon profile as a user types them.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/program.h"

namespace ergon::cli {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A /sys with one processor package, and a /proc with one processor.
class MeterCommand : public testing::Test {
  protected:
    void SetUp() override {
        folder_.write("class/powercap/intel-rapl:0/name", "package-0\n");
        folder_.write("class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n");
        count(1'000'000);
        folder_.write("cpuinfo",
                      "processor : 0\nvendor_id : AuthenticAMD\nmodel name : AMD EPYC\nflags : avx2 hypervisor\n");
        folder_.write("stat", "cpu 0 0 0 0 0 0 0\n");
    }
    void count(std::int64_t microjoules) const {
        folder_.write("class/powercap/intel-rapl:0/energy_uj", std::to_string(microjoules) + "\n");
    }
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    std::string counter() const { return path("class/powercap/intel-rapl:0/energy_uj"); }
    /// The words of ergon meter on these trees.
    std::vector<std::string> on_these_trees(const std::vector<std::string>& arguments) const {
        std::vector<std::string> all{"meter", "--sysfs", folder_.path().string(), "--procfs", folder_.path().string()};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return all;
    }
    Outcome meter(const std::vector<std::string>& arguments) const { return run_ergon(on_these_trees(arguments)); }

    TemporaryFolder folder_;
};

TEST_F(MeterCommand, MeasuresACommandAndLeavesItsOutputAlone) {
    const Outcome outcome = meter({"--json", "--", "sh", "-c", "echo hello; echo 3500000 > " + counter() + "; exit 7"});
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_EQ(outcome.out, "hello\n");
    const json found = json::parse(outcome.err);
    EXPECT_DOUBLE_EQ(found["joules"]["value"], 2.5);
    EXPECT_EQ(found["joules"]["unit"], "J");
    EXPECT_EQ(found["sensors"][0]["name"], "package-0");
    EXPECT_DOUBLE_EQ(found["sensors"][0]["joules"], 2.5);
    for (const char* key : {"above_idle", "average_watts", "overhead"}) EXPECT_TRUE(found.contains(key)) << key;
    EXPECT_GT(found["seconds"], 0);
}

TEST_F(MeterCommand, SaysWhatIsNotCountedAndWhy) {
    folder_.write("class/powercap/intel-rapl:1/name", "package-1\n");
    folder_.write("class/powercap/intel-rapl:1/energy_uj", "\n");
    const std::vector<std::string> command{"--", "sh", "-c", "echo 3500000 > " + counter()};
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.end(), command.begin(), command.end());
        return words;
    };
    const json found = json::parse(meter(with({"--json"})).err);
    EXPECT_EQ(found["joules"]["method"], "estimated") << "half a machine is not measured";
    EXPECT_NEAR(found["joules"]["value"].get<double>(), 5, 1e-6) << "2.5 J counted, and as much for the other socket";
    EXPECT_EQ(found["not_counted"][0]["name"], "package-1");
    EXPECT_THAT(found["not_counted"][0]["reason"].get<std::string>(), HasSubstr("holds no number"));
    count(1'000'000);
    const std::string text = meter(with({})).err;
    EXPECT_THAT(text, HasSubstr("Not counted, and estimated: package-1."));
    EXPECT_THAT(text, HasSubstr("holds no number"));
    EXPECT_THAT(meter({"--list"}).out, ContainsRegex("package-1 .*missing, estimated"));
}

TEST_F(MeterCommand, AddsRowsThatOthersReadAsCodeCarbons) {
    const std::string out = path("emissions.csv");
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(meter({"--csv-out", out, "--carbon", "100", "--", "true"}).exit_code, 0);
    }
    std::ifstream file(out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    ASSERT_EQ(lines.size(), 3u) << "a heading and a row for each run";
    EXPECT_THAT(lines[0], ::testing::StartsWith("timestamp,project_name,run_id,experiment_id,duration,emissions,"));
    for (const std::string& line : lines) EXPECT_EQ(std::ranges::count(line, ','), 37) << line;

    // Several at once: each adds its row.
    std::vector<std::thread> at_once;
    for (int i = 0; i < 6; ++i)
        at_once.emplace_back([&] { meter({"--csv-out", out, "--carbon", "100", "--", "true"}); });
    for (std::thread& one : at_once) one.join();
    const std::string rows = read_file(out);
    EXPECT_EQ(std::ranges::count(rows, '\n'), 9);

    const std::string other = folder_.write("other.csv", "a,b\n1,2\n");
    const Outcome refused = meter({"--csv-out", other, "--", "touch", path("ran")});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("other.csv"));
    EXPECT_FALSE(std::filesystem::exists(path("ran"))) << "told before the command runs";
}

/// The only row below a heading, by column; no cell of these tests is quoted.
std::map<std::string, std::string> only_row(const std::string& text) {
    std::istringstream lines(text);
    std::string heading, row;
    std::getline(lines, heading);
    std::getline(lines, row);
    std::map<std::string, std::string> cells;
    std::istringstream names(heading), values(row);
    for (std::string name, value; std::getline(names, name, ',');) {
        value.clear();
        std::getline(values, value, ',');
        cells[name] = value;
    }
    return cells;
}

TEST_F(MeterCommand, FillsWhatItKnowsOfCodeCarbonsColumns) {
    folder_.write("meminfo", "MemTotal:        2097152 kB\nMemAvailable:    1097152 kB\n");
    folder_.write("class/dmi/id/sys_vendor", "Amazon EC2\n");
    const auto row = [&](const std::string& carbon) {
        return only_row(
            meter({"--csv", "--carbon", carbon, "--", "sh", "-c", "echo 4600000 > " + counter() + "; sleep 0.05"}).err);
    };
    const std::map<std::string, std::string> cells = row("FRA");
    const std::map<std::string, std::string> known{
        {"project_name", "sh"},     {"cpu_energy", "1e-06"},      {"energy_consumed", "1e-06"},
        {"country_name", "France"}, {"country_iso_code", "FRA"},  {"cloud_provider", "aws"},
        {"on_cloud", "Y"},          {"cpu_count", "1"},           {"cpu_model", "AMD EPYC"},
        {"ram_total_size", "2"},    {"tracking_mode", "machine"}, {"pue", "1"}};
    for (const auto& [name, value] : known) EXPECT_EQ(cells.at(name), value) << name;
    std::vector<std::string> empty;
    for (const auto& [name, value] : cells) {
        if (value.empty()) empty.push_back(name);
    }
    // As docs/energy.md lists them; this machine has no card and no counter of memory.
    EXPECT_THAT(empty,
                ElementsAre("cloud_region", "experiment_id", "gpu_count", "gpu_energy", "gpu_model", "gpu_power",
                            "gpu_utilization_percent", "latitude", "longitude", "python_version", "ram_energy",
                            "ram_power", "ram_used_gb", "ram_utilization_percent", "region", "water_consumed", "wue"));

    folder_.write("class/dmi/id/sys_vendor", "Maker of boards\n");
    count(1'000'000);
    const std::map<std::string, std::string> elsewhere = row("100");
    EXPECT_EQ(elsewhere.at("on_cloud"), "N");
    EXPECT_EQ(elsewhere.at("cloud_provider"), "");
    EXPECT_EQ(elsewhere.at("country_name"), "") << "grams per kWh are no country";
    EXPECT_EQ(elsewhere.at("country_iso_code"), "");
}

TEST_F(MeterCommand, PassesOnHowACommandEnds) {
    EXPECT_EQ(meter({"--", "sh", "-c", "kill -TERM $$"}).exit_code, 128 + 15);
    const Outcome own = meter({"--", "echo", "--json", "--list"});
    EXPECT_EQ(own.out, "--json --list\n") << "a command's options are its own";
}

TEST_F(MeterCommand, ACommandThatCannotStartEndsAsInAShell) {
    const std::string no_program = folder_.write("text", "not a program\n");
    for (const auto& [command, code] : std::vector<std::pair<std::string, int>>{{"no-such-command-anywhere", 127},
                                                                                {path("nowhere/at/all"), 127},
                                                                                {no_program, 126},
                                                                                {folder_.path().string(), 126}}) {
        const Outcome outcome = meter({"--json", "--", command});
        EXPECT_EQ(outcome.exit_code, code) << command;
        EXPECT_THAT(outcome.err, HasSubstr("The command '" + command + "' cannot be started: "));
        EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("joules"))) << "nothing was measured";
    }
}

TEST_F(MeterCommand, PassesOnSignalsThatAreSentToItAlone) {
    const std::string script = "trap 'exit 115' TERM; trap 'exit 101' HUP; : > " + path("ready") +
                               "; for i in $(seq 1000); do sleep 0.02; done; exit 3";
    for (const auto& [signal, code] : {std::pair(SIGTERM, 115), std::pair(SIGHUP, 101)}) {
        const Outcome outcome =
            signal_ergon(on_these_trees({"--json", "--", "sh", "-c", script}), signal, path("ready"));
        EXPECT_EQ(outcome.exit_code, code) << "the command decides how it ends";
        EXPECT_GT(json::parse(outcome.err)["seconds"], 0) << "what it cost until then is told";
        std::filesystem::remove(path("ready"));
    }
}

// As under nohup, or in the background of a script.
TEST_F(MeterCommand, SignalsThatWereIgnoredStayIgnored) {
    const auto hang_up = std::signal(SIGHUP, SIG_IGN);
    const auto interrupt = std::signal(SIGINT, SIG_IGN);
    const Outcome outcome = meter({"--json", "--", "sh", "-c", "kill -HUP $$; kill -INT $$; kill -HUP $PPID; exit 7"});
    std::signal(SIGHUP, hang_up);
    std::signal(SIGINT, interrupt);
    EXPECT_EQ(outcome.exit_code, 7) << outcome.err;
    EXPECT_EQ(meter({"--json", "--", "sh", "-c", "kill -HUP $$; exit 7"}).exit_code, 128 + SIGHUP);
}

TEST_F(MeterCommand, ListsWhatItFoundAndWhatNot) {
    const Outcome list = meter({"--list"});
    EXPECT_EQ(list.exit_code, 0);
    for (const char* word : {"powercap", "package-0", "perf", "hwmon", "battery", "nvml"}) {
        EXPECT_THAT(list.out, HasSubstr(word));
    }
    EXPECT_EQ(json::parse(meter({"--list", "--json"}).out)["sensors"][0]["role"], "total");
}

/// Keeps a counter going at 20 W, whatever runs, as long as it lives.
class TwentyWatts {
  public:
    TwentyWatts(const std::string& counter, const std::string& aside)
        : thread_([this, counter, aside] {
              const auto begin = std::chrono::steady_clock::now();
              while (!stop_) {
                  const std::chrono::duration<double, std::micro> elapsed = std::chrono::steady_clock::now() - begin;
                  std::ofstream(aside) << static_cast<std::int64_t>(1e6 + 20 * elapsed.count()) << '\n';
                  std::filesystem::rename(aside, counter);
                  std::this_thread::sleep_for(std::chrono::milliseconds(1));
              }
          }) {}
    ~TwentyWatts() {
        stop_ = true;
        thread_.join();
    }
    TwentyWatts(const TwentyWatts&) = delete;
    TwentyWatts& operator=(const TwentyWatts&) = delete;

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

TEST_F(MeterCommand, WatchesForAsLongAsItIsTold) {
    const Outcome still = meter({"--interval", "0.05", "--seconds", "0.1"});
    EXPECT_THAT(still.out, HasSubstr("package-0 no answer")) << "a counter that has not moved says nothing yet";
    const TwentyWatts power(counter(), path("next"));
    const Outcome watched = meter({"--json", "--interval", "0.05", "--seconds", "0.2"});
    EXPECT_EQ(watched.exit_code, 0);
    std::istringstream lines(watched.out);
    int seen = 0;
    for (std::string line; std::getline(lines, line); ++seen) {
        const json watts = json::parse(line)["sensors"][0]["watts"];
        EXPECT_EQ(watts["unit"], "W");
        EXPECT_LE(watts["low"].get<double>(), watts["value"].get<double>());
        EXPECT_GE(watts["high"].get<double>(), watts["value"].get<double>());
        EXPECT_TRUE(watts["method"].is_string());
    }
    EXPECT_GE(seen, 2);
    EXPECT_THAT(meter({"--interval", "0.05", "--seconds", "0.1"}).out, ContainsRegex("package-0 .* W .*measured"));
}

TEST_F(MeterCommand, TakesTheTreesFromTheEnvironment) {
    const Outcome list = run_ergon({"meter", "--list"}, {}, {{"ERGON_SYSFS", folder_.path().string()}});
    EXPECT_THAT(list.out, HasSubstr("package-0"));
}

TEST_F(MeterCommand, TakesASensorThatTheUserNames) {
    const std::string wall = folder_.write("wall", "100 J\n");
    const Outcome outcome = meter({"--json", "--sensor", "file:" + wall, "--", "sh", "-c", "echo 103 J > " + wall});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NEAR(json::parse(outcome.err)["joules"]["value"].get<double>(), 3, 1e-9);
    const Outcome wrong = meter({"--sensor", "file:/nowhere/at/all", "--", "true"});
    EXPECT_NE(wrong.exit_code, 0);
    EXPECT_THAT(wrong.err, HasSubstr("/nowhere/at/all"));
}

/// Every command reads the trees that it is told to.
TEST_F(MeterCommand, JoulesOfTokensComeFromTheCounter) {
    const TwentyWatts power(counter(), path("next"));
    const Outcome outcome = run_ergon({"bench", fixture("llama-gqa"), "--prompt-tokens", "0", "--generate-tokens",
                                       "400", "--threads", "1", "--repeats", "3", "--json", "--sysfs",
                                       folder_.path().string(), "--procfs", folder_.path().string()});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json row = json::parse(outcome.out)[0];
    EXPECT_NE(row["joules_per_token"]["method"], "estimated") << row;
    const double watts = row["joules_per_token"]["value"].get<double>() * row["tokens_per_second"].get<double>();
    EXPECT_NEAR(watts, 20, 8) << row;
}

TEST_F(MeterCommand, CalibratesAgainstACounterAndUsesWhatItLearnt) {
    auto power = std::make_unique<TwentyWatts>(counter(), path("next"));
    const std::string file = path("calibration.json");
    const Outcome outcome =
        meter({"calibrate", "--threads", "1", "--repeats", "2", "--seconds", "0.15", "--out", file});
    power.reset();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("busy time"));
    const json calibration = json::parse(std::ifstream(file));
    EXPECT_NEAR(calibration["coefficients"]["time"]["value"].get<double>(), 20, 3);

    std::filesystem::remove_all(folder_.path() / "class");
    const Outcome used = meter({"--calibration", file, "--json", "--", "sleep", "0.3"});
    ASSERT_EQ(used.exit_code, 0) << used.err;
    EXPECT_NEAR(json::parse(used.err)["average_watts"].get<double>(), 20, 4) << used.err;
    EXPECT_EQ(json::parse(used.err)["joules"]["method"], "estimated");
}

/// A meter at the wall that shows `watts` from a minute ago until ten minutes from now.
std::string steady_wall_log(double watts) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    std::string log;
    for (int i = -240; i < 2400; ++i) log += std::to_string(now + 0.25 * i) + "," + std::to_string(watts) + "\n";
    return log;
}

TEST_F(MeterCommand, ValidatesAgainstAMeterAtTheWall) {
    const TwentyWatts power(counter(), path("next"));
    const auto validate = [&](double wall) {
        folder_.write("wall.csv", steady_wall_log(wall));
        const Outcome outcome = meter({"validate", "--wall-log", path("wall.csv"), "--threads", "1", "--seconds", "2.2",
                                       "--model", fixture("llama-gqa"), "--json-out", path("kept.json")});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_THAT(outcome.out, HasSubstr("generating, "));
        EXPECT_THAT(outcome.out, HasSubstr("a ratio below 1 is expected")) << "a counter of packages, not of all";
        return json::parse(std::ifstream(path("kept.json")));
    };
    const json agree = validate(20);
    ASSERT_EQ(agree["runs"].size(), 4u) << "idle, spin, memory, a model: " << agree;
    for (const json& run : agree["runs"]) {
        EXPECT_NEAR(run["ratio"].get<double>(), 1, 0.1) << run;
        EXPECT_DOUBLE_EQ(run["wall_watts"].get<double>(), 20);
        EXPECT_EQ(run["joules"]["unit"], "J");
    }
    EXPECT_EQ(agree["machine"]["boundary"], "processor");
    for (const json& run : validate(40)["runs"]) {
        EXPECT_NEAR(run["ratio"].get<double>(), 0.5, 0.05) << run;
        EXPECT_EQ(run["inside"], false);
    }
}

TEST_F(MeterCommand, SaysWhatIsWrongWithAWallLog) {
    folder_.write("wall.csv", "0,20\n1,20\n2,20\n3,20\n");
    const std::vector<std::string> begin{"validate", "--threads",         "1", "--seconds", "2",
                                         "--model",  fixture("llama-gqa")};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), begin.begin(), begin.end());
        return meter(more);
    };
    EXPECT_THAT(with({"--wall-log", path("wall.csv"), "--json-out", path("x.json")}).err,
                HasSubstr("fewer than three readings while \"idle\" ran"));
    EXPECT_NE(with({}).exit_code, 0) << "a log is needed";
    folder_.write("wall.csv", "0,20\n1,many\n");
    const auto start = std::chrono::steady_clock::now();
    for (const std::string command : {"validate", "calibrate"}) {
        const Outcome bad = meter({command, "--threads", "1", "--seconds", "4", "--wall-log", path("wall.csv"),
                                   command == "validate" ? "--json-out" : "--out", path("x.json")});
        EXPECT_EQ(bad.exit_code, 1);
        EXPECT_THAT(bad.err, HasSubstr("wall.csv, line 2: expected a time"));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4)) << "before the runs";
}

/// The estimate says what it is of, and of which share of the machine.
TEST_F(MeterCommand, TellsTheShareOfAContainerAndWhatTheJoulesAreOf) {
    std::filesystem::remove_all(folder_.path() / "class");
    std::string processors;
    for (int i = 0; i < 64; ++i) {
        processors += "processor : " + std::to_string(i) +
                      "\nvendor_id : AuthenticAMD\ncpu family : 25\nmodel : 1\nmodel name : AMD EPYC 7543 32-Core "
                      "Processor\nphysical id : 0\nsiblings : 64\nflags : avx2\n\n";
    }
    folder_.write("cpuinfo", processors);
    folder_.write("meminfo", "MemTotal: 67108864 kB\n");
    const auto idle_watts = [&] {
        const std::string said = meter({"--list"}).out;
        const std::size_t end = said.find(" W idle");
        return end == said.npos ? -1 : std::stod(said.substr(said.rfind(' ', end - 1)));
    };
    const double whole = idle_watts();
    EXPECT_GT(whole, 20);
    folder_.write("self/cgroup", "0::/job\n");
    folder_.write("fs/cgroup/job/cpu.max", "200000 100000\n");
    EXPECT_NEAR(idle_watts(), whole * 2 / 64, 0.02 * whole * 2 / 64);
    EXPECT_THAT(meter({"--list"}).out, HasSubstr("2 threads of 64 by the limit of this container or job, cpu.max"));
    EXPECT_THAT(meter({"--list"}).out, HasSubstr("this share of the machine at the wall (not included "));
    const json found = json::parse(meter({"--json", "--", "true"}).err);
    EXPECT_EQ(found["boundary"], "this share of the machine at the wall");
    EXPECT_EQ(json::parse(meter({"--list", "--json"}).out)["machine"]["share"]["threads"], 2);
}

TEST_F(MeterCommand, SaysWhatIsMissingForACalibration) {
    std::filesystem::remove_all(folder_.path() / "class");
    const Outcome outcome = meter({"calibrate", "--repeats", "2"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("--wall"));
}

TEST_F(MeterCommand, TellsGramsAndMoney) {
    EXPECT_EQ(meter({"--carbon", "Atlantis", "--", "true"}).exit_code, 2);
    EXPECT_EQ(meter({"--price", "free", "--", "true"}).exit_code, 2);
    const Outcome outcome = meter({"--json", "--carbon", "DEU", "--price", "0.30EUR", "--", "sh", "-c",
                                   "echo 51000000 > " + counter() + "; sleep 0.2"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json found = json::parse(outcome.err);
    EXPECT_EQ(found["carbon"]["region"], "Germany");
    EXPECT_EQ(found["money"]["unit"], "EUR");
    EXPECT_NEAR(found["carbon"]["value"].get<double>(),
                found["joules"]["value"].get<double>() / 3.6e6 * found["carbon"]["grams_per_kwh"].get<double>(), 1e-9);
}

TEST_F(MeterCommand, SaysWattHoursOfATotalThatHasSome) {
    const auto of_watts = [&](const std::string& watts) {
        return meter({"--sensor", "file:" + folder_.write("watts", watts), "--", "sleep", "0.5"}).err;
    };
    EXPECT_THAT(of_watts("20 kW"), ContainsRegex(" s, [0-9.]+ kJ \\[[^]]*\\] \\([234]\\.[0-9]+ Wh\\) "));
    EXPECT_THAT(of_watts("20 W"), Not(HasSubstr("Wh")));
}

TEST_F(MeterCommand, MoneyIsThatOfSoManyThatItCanBeRead) {
    const auto money = [&](const std::string& price) {
        count(1'000'000);
        return meter({"--price", price, "--", "sh", "-c", "echo 51000000 > " + counter() + "; sleep 0.2"}).err;
    };
    // 50 J are 13.9 microkilowatt-hours.
    EXPECT_THAT(money("0.30EUR"), ContainsRegex("\n[45]\\.[0-9]+ EUR \\[[^\n]*\\] for 1 million of these\n"));
    EXPECT_THAT(money("3000"), ContainsRegex("\n0\\.0[45][0-9]* \\[[^\n]*\\]\n"));
    EXPECT_THAT(money("0"), ContainsRegex("\n0\n")) << "what costs nothing";
}

TEST(ProfileCommand, WritesATableJsonAndAPage) {
    const TemporaryFolder folder;
    const std::string page = (folder.path() / "profile.html").string(), model = fixture("deepseek-v2-lite");
    const Outcome table =
        run_ergon({"profile", model, "--prompt-tokens", "16", "--generate-tokens", "4", "--html", page});
    ASSERT_EQ(table.exit_code, 0) << table.err;
    EXPECT_THAT(table.out, HasSubstr("routed experts"));
    EXPECT_THAT(table.out, HasSubstr("Energy hotspots"));
    std::stringstream html;
    html << std::ifstream(page).rdbuf();
    EXPECT_THAT(html.str(), HasSubstr("<svg"));
    const Outcome batch =
        run_ergon({"profile", model, "--prompt-tokens", "16", "--generate-tokens", "4", "--batch", "2", "--json"});
    EXPECT_EQ(json::parse(batch.out)["phases"]["prompt"]["tokens"], 32);
    EXPECT_EQ(run_ergon({"profile", model, "--generate-tokens", "0"}).exit_code, 2);
}

TEST(BenchCommand, MeasuresWhatAccountingCosts) {
    const Outcome outcome = run_ergon({"bench", fixture("llama-gqa"), "--prompt-tokens", "0", "--generate-tokens", "16",
                                       "--threads", "1", "--repeats", "2", "--accounting", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(json::parse(outcome.out)[0]["accounting"].contains("median"));
}

TEST(RunCommand, TellsGramsBesideJoules) {
    const Outcome outcome = run_ergon({"run", fixture("scripted-plain"), "hello", "--max-tokens", "3", "--carbon",
                                       "FRA", "--price", "0.2", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json found = json::parse(outcome.out);
    EXPECT_EQ(found["carbon"]["region"], "France");
    EXPECT_TRUE(found.contains("money"));
    EXPECT_TRUE(found["energy"]["components"]["answer"].contains("sampling")) << found["energy"];
}

TEST_F(MeterCommand, RefusesOptionsThatWouldDoNothing) {
    EXPECT_EQ(meter({"--csv"}).exit_code, 2);
    EXPECT_EQ(meter({"--csv-out", path("x")}).exit_code, 2);
    EXPECT_EQ(meter({"--json-out", path("x")}).exit_code, 2) << "without end";
    EXPECT_EQ(meter({"--seconds", "1", "--", "true"}).exit_code, 2);
    EXPECT_EQ(meter({"--list", "--", "true"}).exit_code, 2);
}

TEST_F(MeterCommand, TellsOfAFileThatCannotBeWrittenBeforeTheCommandRuns) {
    const Outcome outcome = meter({"--json-out", path("nowhere/x"), "--", "touch", path("ran")});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(path("ran")));
}

TEST_F(MeterCommand, FiguresThatCouldNotBeWrittenAreAFailure) {
    const std::string lost = path("lost.json");
    const Outcome outcome = meter({"--json-out", lost, "--", "mkdir", lost});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(" W on average")) << "what was metered is told all the same";
    EXPECT_EQ(meter({"--json-out", path("kept.json"), "--", "false"}).exit_code, 1);
    std::filesystem::remove_all(lost);
    EXPECT_EQ(meter({"--json-out", lost, "--", "sh", "-c", "mkdir '" + lost + "'; exit 7"}).exit_code, 7);
}

TEST_F(MeterCommand, EndsWhenItsReaderLeaves) {
    const auto begin = std::chrono::steady_clock::now();
    run_ergon_into({.out = Sink::left}, {"meter", "--json", "--interval", "0.05", "--seconds", "20"});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ergon::cli
