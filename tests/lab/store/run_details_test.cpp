#include "lab/store/run_details.h"

#include <gtest/gtest.h>

namespace ergon::lab {
namespace {

TEST(RunDetails, ShardsAreReadAndWritten) {
    EXPECT_EQ(parse_shard("2/8"), (Shard{1, 8}));
    EXPECT_EQ(shard_text({1, 8}), "2/8");
    for (const char* bad : {"", "2", "/8", "0/8", "9/8", "2/8x", "2/ 8", "1/1000001", "-1/8"}) {
        EXPECT_FALSE(parse_shard(bad)) << bad;
    }
}

TEST(RunDetails, WhatIsWrittenOfARunIsReadBack) {
    RunDescription run;
    run.protocol = protocol_json({7, base::Seconds(5), Throttling::visible, {1, 3}});
    EXPECT_EQ(protocol_of(run).order_seed, 7u);
    EXPECT_EQ(protocol_of(run).throttling, Throttling::visible);
    EXPECT_EQ(protocol_of(run).shard, (Shard{1, 3}));
    EXPECT_EQ(protocol_json(protocol_of(run)), run.protocol);
    note_throttling_not_visible(run);
    EXPECT_EQ(protocol_of(run).throttling, Throttling::not_visible);
    RunSettings settings;
    settings.prompts = "puzzles";
    settings.margin = 0.05;
    settings.max_tokens = 512;
    settings.judge = "http://x/v1#m";
    run.settings = settings_json(settings);
    EXPECT_EQ(settings_json(settings_of(run)), run.settings);
    EXPECT_EQ(settings_of(run).margin, 0.05);
}

TEST(RunDetails, RunsOfOlderVersionsSayLess) {
    RunDescription run;
    run.machine = {{"threads", "many"}, {"cache_bytes", nullptr}};
    EXPECT_EQ(protocol_of(run).throttling, Throttling::not_said);
    EXPECT_EQ(protocol_of(run).shard, Shard());
    EXPECT_FALSE(settings_of(run).margin);
    EXPECT_EQ(machine_details(run).threads, 0);
    EXPECT_FALSE(machine_details(run).kind_of_work_sd);
}

TEST(RunDetails, EventsOfTheMachineAreReadBack) {
    const MachineEvent idle =
        idle_event(idle_before, {base::Seconds(5), base::Watts(10), base::Watts(8), base::Watts(12), "measured", 0.1});
    EXPECT_EQ(idle_power(idle)->value.value(), 10);
    EXPECT_EQ(idle_power(idle)->method, "measured");
    EXPECT_FALSE(cooling_pause(idle));
    const MachineEvent pause = pause_event({3, base::Seconds(20)});
    EXPECT_EQ(cooling_pause(pause)->pause.value(), 20);
    EXPECT_FALSE(idle_power(pause));
    EXPECT_FALSE(idle_power({idle_before, {{"watts", 3}}, ""}));
}

}  // namespace
}  // namespace ergon::lab
