#include "lab/experiment/contenders.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

std::vector<ContenderSpec> specs_of(const std::vector<std::string>& texts) {
    std::vector<ContenderSpec> specs;
    for (const std::string& text : texts) specs.push_back(parse_contender(text));
    return specs;
}

TEST(Contenders, OnlyOfServersElsewhereJoulesAreAssumed) {
    EXPECT_FALSE(any_elsewhere(specs_of({"a.gguf", "http://127.0.0.1:1/v1#m"})));
    EXPECT_TRUE(any_elsewhere(specs_of({"a.gguf", "http://127.0.0.1:1/v1#m:elsewhere"})));
    EXPECT_TRUE(any_elsewhere(specs_of({"https://example.com/v1#m"})));
}

TEST(Contenders, WhatAContenderCannotBeToldIsRefusedBeforeAnythingIsLoaded) {
    const test::TemporaryDirectory folder;
    ContenderOptions options;
    options.meter.sysfs = options.meter.procfs = folder.path();
    energy::Meter meter(options.meter);
    const auto refused = [&](const char* contender, const char* sentence) {
        test::expect_error(ErrorCode::bad_argument, sentence,
                           [&] { load_contenders(specs_of({contender}), options, meter); });
    };
    refused("a.gguf:elsewhere", "a.gguf is not a server");
    refused("http://127.0.0.1:1/v1#m:max_think=5", "is a server, which does not support max_think");
    refused("http://127.0.0.1:1/v1#m:key=sk-secret", "no variable of the name that stands behind key=");
    test::expect_error(ErrorCode::bad_argument, "must be the address of a server",
                       [&] { open_judge("a.gguf", options); });
    options.by_likelihood = true;
    refused("http://127.0.0.1:1/v1#m", "does not support --by-likelihood");
}

}  // namespace
}  // namespace ergon::lab
