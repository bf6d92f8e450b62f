#include "lab/experiment/contender_spec.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace ergon::lab {
namespace {

TEST(ContenderSpec, OptionsFollowTheLastColon) {
    const ContenderSpec spec = parse_contender(
        "models/a.gguf:no_think,max_think=512,max_tokens=900,threads=2,label=short one,cache=f32,top_p=0.9");
    EXPECT_EQ(spec.model, "models/a.gguf");
    EXPECT_EQ(spec.thinks, false);
    EXPECT_EQ(spec.max_thinking, 512);
    EXPECT_EQ(spec.max_tokens, 900);
    EXPECT_EQ(spec.threads, 2);
    EXPECT_EQ(spec.label, "short one");
    EXPECT_EQ(spec.cache, model::CacheType::f32);
    EXPECT_EQ(spec.top_p, 0.9);
    EXPECT_FALSE(spec.is_server());
    EXPECT_EQ(parse_contender("a.gguf:think").thinks, true);
}

TEST(ContenderSpec, WhatIsNotAllOptionsBelongsToTheModel) {
    for (const char* text : {"a.gguf", "no_think", ":no_think", "http://127.0.0.1:8080/v1#name", "dir:with:colons",
                             "a:no_think,colour=red", "a:label", "a:no_think=1", "a:", "", "a:no_think,"}) {
        EXPECT_EQ(parse_contender(text).model, text);
    }
    const ContenderSpec server = parse_contender("https://api.example/v1#deep:seek:key=MY_KEY,temperature=0");
    EXPECT_EQ(server.model, "https://api.example/v1#deep:seek");
    EXPECT_EQ(server.key_variable, "MY_KEY");
    EXPECT_EQ(server.temperature, 0);
    EXPECT_TRUE(server.is_server());
}

TEST(ContenderSpec, ValuesThatMakeNoSenseAreSaid) {
    for (const char* option :
         {"max_think=-1", "max_think=x", "max_think=", "max_tokens=0", "threads=0", "threads=2.5",
          "threads=99999999999999999999", "cache=f64", "temperature=warm", "temperature=-1", "top_p=nan", "label="}) {
        test::expect_error(base::ErrorCode::bad_argument, std::string(option),
                           [&] { parse_contender(std::string("a.gguf:") + option); });
    }
}

}  // namespace
}  // namespace ergon::lab
