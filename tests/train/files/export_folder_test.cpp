// What is asked of an exported model is what it learnt.

#include "train/files/export_folder.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_directory.h"
#include "engine/chat_prompt.h"
#include "formats/safetensors.h"
#include "train/files/import_folder.h"
#include "train/run/text_examples.h"
#include "train/tokenizer/deepseek_template.h"

namespace ergon::train {
namespace {

const std::filesystem::path words_folder = std::filesystem::path(ERGON_FIXTURES) / "train" / "folder";

Architecture small_model(const engine::ChatFormat& words) {
    model::Config c;
    c.vocab_size = words.tokenizer().size();
    c.hidden_size = c.intermediate_size = 16;
    c.num_hidden_layers = 1;
    c.max_position_embeddings = 64;
    c.rms_norm_eps = 1e-6;
    c.num_attention_heads = c.num_key_value_heads = 1;
    c.head_dim = 16;
    return {c, false};
}

/// The last token of a prompt for `folder`'s model.
std::string end_of_prompt(const std::filesystem::path& folder, bool thinking) {
    const engine::ChatFormat words = load_chat_format(folder);
    const engine::Message message{"user", "1+1"};
    return std::string(words.tokenizer().bytes(engine::chat_prompt(words, std::span(&message, 1), thinking).back()));
}

TEST(ExportFolder, AModelThatLearntToThinkIsAlwaysAskedTo) {
    const engine::ChatFormat words = load_chat_format(words_folder);
    ASSERT_EQ(words.tokenizer().chat_template(), deepseek_chat_template);
    EXPECT_EQ(end_of_prompt(words_folder, true), "<think>");
    EXPECT_EQ(end_of_prompt(words_folder, false), "</think>");
    Weights weights(small_model(words));
    const test::TemporaryDirectory folder;
    export_folder(folder / "thinks", weights, words, true);
    export_folder(folder / "direct", weights, words, false);
    EXPECT_EQ(end_of_prompt(folder / "thinks", true), "<think>");
    for (const bool thinking : {true, false}) EXPECT_EQ(end_of_prompt(folder / "direct", thinking), "</think>");
}

TEST(ExportFolder, IsWhatTrainingBeginsWithAgain) {
    const engine::ChatFormat words = load_chat_format(words_folder);
    Weights weights(small_model(words)), again(small_model(words));
    weights.initialise(3, 0.1f);
    const test::TemporaryDirectory folder;
    export_folder(folder / "model", weights, words, true);
    import_folder(folder / "model", again);
    const std::span<const float> a = weights.values(), b = again.values();
    EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST(ImportFolder, ATensorThatWouldBeLeftOutIsRefused) {
    const engine::ChatFormat words = load_chat_format(words_folder);
    Weights weights(small_model(words));
    const test::TemporaryDirectory folder;
    for (const std::string name : {"model.layers.0.self_attn.q_proj.bias", "model.layers.9.self_attn.o_proj.weight"}) {
        std::vector<tensor::TensorView> tensors = weights.tensors();
        tensors.push_back(tensors.back());
        tensors.back().name = name;
        formats::write_safetensors(folder / "model.safetensors", tensors);
        test::expect_error(base::ErrorCode::unsupported, "the tensor " + name + " is not used by a model of this shape",
                           [&] { import_folder(folder.path(), weights); });
    }
}

}  // namespace
}  // namespace ergon::train
