#include "profile/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>

#include "base/error.h"
#include "base/expect_error.h"

namespace ergon::profile {
namespace {

using base::Joules;
using testing::HasSubstr;

MachineLimits some_limits() {
    return {.threads = 2,
            .bytes_per_second = 10e9,
            .float_operations_per_second = 50e9,
            .int8_operations_per_second = 200e9};
}

energy::Figure joules(double value) {
    return {Joules(value), Joules(value / 2), Joules(2 * value), energy::Method::estimated};
}

ComponentUse use(const char* name, double value, double seconds, std::int64_t weights, std::int64_t int8) {
    ComponentUse one;
    one.name = name;
    one.elapsed = base::Seconds(seconds);
    one.bytes[0] = weights;
    one.operations[static_cast<std::size_t>(energy::Arithmetic::int8)] = int8;
    one.joules = joules(value);
    return one;
}

/// A profile whose every figure is known.
Profile known_profile() {
    Profile profile;
    profile.model = "<model>";
    profile.settings = {.prompt_tokens = 100, .tokens = 10, .batch = 1, .threads = {2, 2}, .version = "0"};
    profile.energy_source = "Energy is made up.";
    profile.phases[0] = {"prompt",  100,       base::Seconds(1),
                         joules(6), joules(5), {use("dense feed-forward", 5, 1, 1'000'000, 150'000'000'000)}};
    profile.phases[1] = {"answer",
                         10,
                         base::Seconds(1),
                         joules(14),
                         joules(10),
                         {use("routed experts", 7, 0.8, 6'400'000'000, 12'800'000'000),
                          use("output head", 2, 0.1, 900'000'000, 1'800'000'000), use("sampling", 1, 0.1, 0, 0)}};
    for (PhaseProfile& phase : profile.phases) phase.limits = some_limits();
    profile.experts = {{1, 2}, {{5, 0, 3}, {0, 8, 0}}, {{1, 0, 0.5}, {0, 2, 0}}};
    return profile;
}

TEST(Profile, KnowsHowNearPartsComeToTheLimits) {
    const Closeness reading = closeness(known_profile().phases[0].components[0], some_limits());
    EXPECT_DOUBLE_EQ(reading.memory, 1e6 / 10e9);
    EXPECT_DOUBLE_EQ(reading.arithmetic, 150e9 / 200e9);
    const Closeness generating = closeness(known_profile().phases[1].components[0], some_limits());
    EXPECT_DOUBLE_EQ(generating.memory, 6.4e9 / 10e9 / 0.8);
    EXPECT_DOUBLE_EQ(closeness(ComponentUse(), some_limits()).memory, 0);
}

TEST(Profile, NamesTheHotspotsWithTheirShareAndReason) {
    const std::vector<Hotspot> hotspots = biggest_hotspots(known_profile());
    ASSERT_EQ(hotspots.size(), 4u);
    EXPECT_EQ(hotspots[0].component, "routed experts");
    EXPECT_DOUBLE_EQ(hotspots[0].share, 7.0 / 15);
    EXPECT_NE(hotspots[0].sentence.find("memory at 80%"), std::string::npos) << hotspots[0].sentence;
    EXPECT_NE(hotspots[0].sentence.find("several requests at once"), std::string::npos) << hotspots[0].sentence;
    EXPECT_EQ(hotspots[1].component, "dense feed-forward");
    EXPECT_NE(hotspots[1].sentence.find("75% of this machine's peak"), std::string::npos) << hotspots[1].sentence;
    EXPECT_EQ(hotspots[2].component, "output head");
    EXPECT_EQ(hotspots[3].component, "idle power");
    EXPECT_DOUBLE_EQ(hotspots[3].share, 0.25);
}

// What passes a measured limit is shown as that, not as a share of what the machine can do at most.
TEST(Profile, SaysWhatIsMoreThanTheMeasuredLimit) {
    Profile profile = known_profile();
    EXPECT_FALSE(any_passes(profile));
    EXPECT_EQ(profile_table(profile).find(passing_sentence), std::string::npos);
    profile.phases[1].limits.bytes_per_second = 4e9;  // the experts read 8 GB/s
    profile.phases[1].limits.from_cache = true;
    EXPECT_TRUE(any_passes(profile));
    const std::string table = profile_table(profile);
    EXPECT_NE(table.find("200%"), std::string::npos) << table;
    EXPECT_NE(table.find(passing_sentence), std::string::npos) << table;
    EXPECT_EQ(table.find("at most"), std::string::npos) << table;
    EXPECT_NE(profile_page(profile).find(passing_sentence), std::string::npos);
    EXPECT_NE(biggest_hotspots(profile)[0].sentence.find("cache at 200% of this machine's measured speed"),
              std::string::npos);
}

TEST(Profile, EachColumnHasOnePrefix) {
    Profile profile = known_profile();
    profile.phases[1].components = {use("routed experts", 7e-3, 0.8, 64'000'000, 0),
                                    use("output head", 4e-6, 2e-6, 9'000, 0), use("router", 3e-3, 0.002, 30'000, 0),
                                    use("sampling", 0, 0, 0, 0)};
    const std::string table = profile_table(profile);
    EXPECT_THAT(table, HasSubstr("  part                       ms  kB/token      MB/s      op/s       mJ "));
    EXPECT_THAT(table, HasSubstr("  routed experts            800     6,400      80.0         -     7.00 "));
    EXPECT_THAT(table, HasSubstr("  output head           0.00200     0.900     4,500         -  0.00400 "));
    EXPECT_THAT(table, HasSubstr("  router                   2.00      3.00      15.0         -     3.00 "));
    EXPECT_THAT(table, HasSubstr("  sampling                    -         -         -         -        - "));
}

TEST(Profile, EachPhaseHasTheLimitsOfItsOwnThreads) {
    Profile profile = known_profile();
    profile.phases[0].limits.threads = 2;
    profile.phases[1].limits = {1, false, 8e9, 25e9, 100e9};
    const auto json = profile_json(profile);
    EXPECT_EQ(json["phases"]["prompt"]["limits"]["threads"], 2);
    EXPECT_EQ(json["phases"]["answer"]["limits"]["bytes_per_second"], 8e9);
    EXPECT_EQ(json["phases"]["answer"]["components"][0]["share_of_memory_speed"], 1.0);
}

TEST(Profile, WithoutJoulesNamesNothing) {
    EXPECT_TRUE(biggest_hotspots(Profile()).empty());
    EXPECT_FALSE(profile_page(Profile()).empty());
    EXPECT_FALSE(profile_table(Profile()).empty());
}

TEST(Profile, PageHoldsEverythingAndEscapesNames) {
    const std::string page = profile_page(known_profile());
    for (const char* text : {"&lt;model&gt;", "routed experts", "roof", "expert", "Energy is made up."}) {
        EXPECT_NE(page.find(text), std::string::npos) << text;
    }
    EXPECT_EQ(page.find("<model>"), std::string::npos);
}

TEST(Profile, JsonHoldsWhatTheTableSays) {
    const auto json = profile_json(known_profile());
    EXPECT_EQ(json["phases"]["answer"]["components"][0]["component"], "routed experts");
    EXPECT_EQ(json["phases"]["answer"]["components"][0]["bytes"]["weights"], 6'400'000'000);
    EXPECT_EQ(json["experts"]["tokens"][1][1], 8);
    EXPECT_EQ(json["hotspots"].size(), 4u);
}

class ProfileOfAModel : public testing::Test {
  protected:
    Profile run(const char* folder, const ProfileSettings& settings) {
        model_ = engine::load_model(std::filesystem::path(ERGON_FIXTURES) / folder, {}, pool_);
        energy::MeterOptions options;
        options.nvml_library = "";
        energy::Meter meter(options);
        return profile(model_, meter, settings);
    }
    base::ThreadPool pool_{2};
    engine::LoadedModel model_;
};

TEST_F(ProfileOfAModel, PartsAddUpToThePhases) {
    const Profile profile =
        run("deepseek-v2-lite", {.prompt_tokens = 24, .tokens = 6, .batch = 2, .threads = {1, 2}, .version = ""});
    EXPECT_EQ(profile.phases[0].tokens, 48);
    EXPECT_EQ(profile.phases[1].tokens, 12);
    for (const PhaseProfile& phase : profile.phases) {
        double sum = 0;
        for (const ComponentUse& use : phase.components) sum += use.joules.value.value();
        EXPECT_NEAR(sum, phase.above_idle.value.value(), 1e-6 + 1e-9 * sum) << phase.name;
    }
}

TEST_F(ProfileOfAModel, EveryTokenGoesToItsExpertsInEveryLayer) {
    const Profile profile =
        run("deepseek-v2-lite", {.prompt_tokens = 24, .tokens = 6, .batch = 2, .threads = {1, 2}, .version = ""});
    ASSERT_FALSE(profile.experts.layers.empty());
    double joules = 0, of_component = 0;
    for (const auto& row : profile.experts.joules) joules += std::accumulate(row.begin(), row.end(), 0.0);
    for (const PhaseProfile& phase : profile.phases) {
        for (const ComponentUse& use : phase.components) {
            if (use.name == "routed experts") of_component += use.joules.value.value();
        }
    }
    EXPECT_GT(joules, 0);
    EXPECT_LE(joules, of_component * (1 + 1e-9)) << "summing up what the experts gave is theirs together";
    std::int64_t first = -1;
    for (const auto& row : profile.experts.tokens) {
        std::int64_t sum = 0;
        for (const std::int64_t tokens : row) sum += tokens;
        EXPECT_EQ(sum % (48 + 12), 0) << "tokens x experts for each token";
        if (first < 0) first = sum;
        EXPECT_EQ(sum, first);
    }
}

TEST_F(ProfileOfAModel, DenseModelsHaveNoExperts) {
    EXPECT_TRUE(run("llama-gqa", {.prompt_tokens = 8, .tokens = 2, .version = ""}).experts.layers.empty());
}

TEST_F(ProfileOfAModel, ThatDoesNotFitTheContextIsRefused) {
    test::expect_error(base::ErrorCode::bad_argument, "1000000 prompt tokens",
                       [&] { run("llama-gqa", {.prompt_tokens = 1'000'000, .version = ""}); });
}

}  // namespace
}  // namespace ergon::profile
