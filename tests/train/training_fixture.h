#pragma once
// A tiny model with the loss and the gradients that PyTorch gives in float64 (tests/parity/make_training_fixtures.py).

#include <cstring>
#include <filesystem>
#include <string>

#include "base/json/json.h"
#include "formats/hf_folder.h"
#include "formats/safetensors.h"
#include "train/layers/transformer.h"

namespace ergon::test {

struct TrainingFixture {
    std::filesystem::path folder;
    train::Architecture architecture;
    base::Json facts;
    train::Batch batch;
    std::vector<train::Prediction> predictions;
    std::vector<float> loss_weights;
    std::int64_t longest = 0;

    explicit TrainingFixture(const std::string& name)
        : folder(std::filesystem::path(ERGON_FIXTURES) / ("training-" + name)),
          architecture{model::read_config(formats::HfFolder::open(folder)), name == "v3"},
          facts(base::read_json(folder / "case.json")) {
        for (std::size_t d = 0; d < facts["documents"].size(); ++d) {
            const auto ids = facts["documents"][d].get<std::vector<train::TokenId>>();
            const auto weights = facts["weights"][d].get<std::vector<float>>();
            for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
                if (weights[t] == 0) continue;
                predictions.push_back({batch.tokens() + static_cast<std::int64_t>(t), ids[t + 1]});
                loss_weights.push_back(weights[t]);
            }
            batch.add(ids);
            longest = std::max(longest, std::ssize(ids));
        }
    }

    train::Task task() const {
        train::Task task;
        task.predictions = predictions;
        task.objective = [this](std::int64_t i, double log_probability) {
            const auto weight = static_cast<double>(loss_weights[static_cast<std::size_t>(i)]);
            return train::TokenLoss{-weight * log_probability, -weight};
        };
        task.mtp_factor = architecture.mtp ? facts["mtp_factor"].get<float>() : 0;
        task.mtp_weights = loss_weights;
        task.balance.sequence_loss = facts["sequence_loss"].get<float>();
        return task;
    }

    train::Limits limits(bool recompute = false) const { return {batch.tokens(), longest, recompute}; }

    void load(train::Weights& weights) const {
        const auto file = formats::Safetensors::open(folder / "model.safetensors");
        for (const train::NamedWeight& one : weights.named()) {
            const tensor::TensorView* found = file.find(one.name());
            if (found == nullptr) throw std::runtime_error("no tensor " + one.name());
            std::memcpy(one.weight.value, found->bytes.data(), found->bytes.size());
        }
        for (train::Weights::Bias& bias : weights.biases()) {
            const std::string name = model::hugging_face_name(model::Part::correction_bias, bias.layer);
            std::memcpy(bias.values.data(), file.find(name)->bytes.data(), bias.values.size() * sizeof(float));
        }
    }
};

}  // namespace ergon::test
