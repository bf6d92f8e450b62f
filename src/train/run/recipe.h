#pragma once
// A recipe: everything that a run of training depends on, in one TOML file.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tensor/dtype.h"
#include "train/optimizer/trainer.h"
#include "train/rl/grpo.h"
#include "train/run/setting.h"

namespace ergon::train {

/// Where examples come from: JSON lines with `prompt`, `answer` and, if there is one, `thinking`; or, for reinforcement
/// learning, tasks whose answers can be graded (tasks/readers/readers.h).
struct DataRecipe {
    std::vector<std::filesystem::path> files;
    bool thinking = false;  // whether the model is to think before it answers
};

/// What is written at the end beside the folder.
struct ExportRecipe {
    std::optional<tensor::DType> gguf;  // model.gguf, its matrices in this type
    bool mtp = false;                   // with the block for multi-token prediction
    std::string description;            // what the model is for, in one sentence; may be empty
};

struct Recipe {
    std::filesystem::path file;
    Architecture architecture;        // its vocab_size is the tokenizer's
    std::filesystem::path initial;    // a Hugging Face folder whose weights are begun with; empty: random ones
    std::filesystem::path tokenizer;  // a folder with tokenizer.json and tokenizer_config.json
    std::uint64_t seed = 0;
    float initial_deviation = 0;  // standard deviation of the first weights
    TrainerOptions trainer;
    DataRecipe data;
    std::optional<GrpoOptions> grpo;  // reinforcement learning; nothing: fine-tuning on the answers of the data
    ExportRecipe exported;
    std::int64_t checkpoint_every = 0;  // steps
    std::uint64_t fingerprint = 0;      // of all that changes what is learnt
    std::vector<Setting> settings;      // every key with its value, in the order in which they are read
};

/// Reads FILE with what `--set KEY=VALUE` puts over it. Paths in it are relative to its folder. Throws
/// Error(bad_argument | bad_file | not_found): the line, the key, what is allowed.
Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& settings);
/// The same for a file's content.
Recipe parse_recipe(const std::string& content, const std::filesystem::path& file,
                    const std::vector<std::string>& settings);

/// Throws Error(not_found) for the first file or folder that a recipe reads and that is not there, with what makes it
/// if the recipe's folder has a Makefile.
void check_inputs_exist(const Recipe& recipe);

}  // namespace ergon::train
