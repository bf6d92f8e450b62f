#include "lab/experiment/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ergon::lab {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> labels(const std::vector<std::pair<std::string, std::string>>& label_and_model) {
    std::vector<Contender> contenders;
    for (const auto& [label, model] : label_and_model) contenders.push_back({label, model, "", {}});
    make_labels_distinct(contenders);
    std::vector<std::string> made;
    for (const Contender& one : contenders) made.push_back(one.label);
    return made;
}

TEST(Labels, ThatDifferStay) {
    EXPECT_THAT(labels({{"a", "x/m.gguf"}, {"b", "x/m.gguf"}}), ElementsAre("a", "b"));
}

TEST(Labels, TakeWhatTellsTheirPathsApart) {
    EXPECT_THAT(labels({{"model", "runs/step-100/model.gguf"}, {"model", "runs/step-200/model.gguf"}, {"b", "b.gguf"}}),
                ElementsAre("step-100/model", "step-200/model", "b"));
    EXPECT_THAT(labels({{"model", "one/hf/model"}, {"model", "two/hf/model"}}), ElementsAre("one/model", "two/model"));
    EXPECT_THAT(labels({{"m", "a/x/m.gguf"}, {"m", "a/y/m.gguf"}, {"m", "b/x/m.gguf"}}),
                ElementsAre("a/x/m", "a/y/m", "b/x/m"));
    EXPECT_THAT(labels({{"model", "run/checkpoint-9/model.gguf"}, {"model", "run/model.gguf"}}),
                ElementsAre("checkpoint-9/model", "run/model"));
    EXPECT_THAT(labels({{"m", "m.gguf"}, {"m", "old/m.gguf"}}), ElementsAre("m", "old/m"));
    EXPECT_THAT(labels({{"q", "http://127.0.0.1:8080/v1#q"}, {"q", "http://127.0.0.1:8081/v1#q"}}),
                ElementsAre("127.0.0.1:8080/q", "127.0.0.1:8081/q"));
    EXPECT_THAT(labels({{"dense", "x/a.gguf"}, {"dense", "x/b.gguf"}}), ElementsAre("a.gguf/dense", "b.gguf/dense"));
}

TEST(Labels, OfOneModelAreNumbered) {
    EXPECT_THAT(labels({{"m", "x/m.gguf"}, {"m", "./x/m.gguf"}}), ElementsAre("m #1", "m #2"));
    EXPECT_THAT(labels({{"m", "a/m.gguf"}, {"m", "a/m.gguf"}, {"m", "b/m.gguf"}}),
                ElementsAre("a/m #1", "a/m #2", "b/m"));
    EXPECT_THAT(labels({{"m", ""}, {"m", ""}}), ElementsAre("m #1", "m #2"));
}

}  // namespace
}  // namespace ergon::lab
