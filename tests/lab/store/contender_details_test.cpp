#include "lab/store/contender_details.h"

#include <gtest/gtest.h>

namespace ergon::lab {
namespace {

using nlohmann::ordered_json;

/// Everything that is known of a model in this process, with another value for each.
ContenderDetails in_process() {
    ContenderDetails details;
    details.kind = ContenderKind::in_process;
    details.model = {"deepseek2", 16, 2, 64, 4.5, 9, "v", {}};
    details.thinking = false;
    details.max_tokens = 512;
    details.max_thinking = 100;
    details.stop = {"END"};
    details.forbidden = {"no", "back"};
    details.sampling = {{"temperature", 0.6, "file"}, {"top_k", std::int64_t{40}, "option"}};
    details.has_thought_markers = true;
    details.threads = "1 to generate, 2 to read";
    details.threads_timed = true;
    details.cache = "f16";
    details.strict = true;
    details.multiple_choice = choice_by_likelihood;
    details.batch = 1;
    details.unused = {"extra.weight"};
    return details;
}

TEST(ContenderDetails, WhatIsWrittenIsReadBack) {
    const ordered_json kept = details_json(in_process());
    const ContenderDetails back = contender_details(kept);
    EXPECT_EQ(details_json(back), kept);
    EXPECT_EQ(back.record, kept);
    EXPECT_TRUE(asked_alike(back, in_process()));
    EXPECT_EQ(back.model.active_parameters, 2);
    EXPECT_EQ(back.threads, "1 to generate, 2 to read");
    EXPECT_EQ(value_text(back.sampling->back()), "40");
    ContenderDetails two = in_process();
    two.threads = "2";
    EXPECT_EQ(details_json(two)["threads"], 2);
    EXPECT_EQ(contender_details(details_json(two)).threads, "2");
}

TEST(ContenderDetails, WhatWasFoundOfAServersModelIsKeptApartAndReadBesideTheRest) {
    ContenderDetails server;
    server.kind = ContenderKind::server;
    server.address = "http://127.0.0.1:1/v1";
    server.on_this_machine = true;
    server.charge = Charge::machine;
    server.charge_reason = "it is hidden";
    server.assumed_joules_per_token = 0.5;
    server.model.experts = 4;
    server.found_hash = "h";
    const ordered_json kept = details_json(server);
    EXPECT_EQ(kept["found"], (ordered_json{{"experts", 4}, {"hash", "h"}}));
    const ContenderDetails back = contender_details(kept);
    EXPECT_EQ(details_json(back), kept);
    EXPECT_EQ(back.model.experts, 4);
    EXPECT_EQ(back.found_hash, "h");
    EXPECT_EQ(back.charge, Charge::machine);
    EXPECT_EQ(back.record["experts"], 4) << "shown beside the rest";
    EXPECT_FALSE(without_found(kept).contains("found"));
}

TEST(ContenderDetails, OlderAndOtherFilesAreReadAsFarAsTheyGo) {
    const ContenderDetails old = contender_details({{"kind", "in-process"}, {"threads", 4}, {"colour", "blue"}});
    EXPECT_EQ(old.threads, "4");
    EXPECT_FALSE(old.sampling);
    EXPECT_FALSE(old.model.experts);
    EXPECT_EQ(old.record["colour"], "blue") << "what nobody knows is shown as it is";
    for (const ordered_json& odd :
         {ordered_json(), ordered_json(3), ordered_json{{"kind", 1}, {"found", 2}, {"stop", "x"}}}) {
        EXPECT_EQ(contender_details(odd).kind, ContenderKind::unknown);
    }
}

}  // namespace
}  // namespace ergon::lab
