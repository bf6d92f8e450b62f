#pragma once
// Model fixtures: small models with the logits that they must give (tests/fixtures/README.md).

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/load.h"

namespace ergon::test {

struct Fixture {
    std::string name;
    std::filesystem::path model;  // a folder or a GGUF file
    std::vector<model::TokenId> input_ids;
    std::vector<float> logits;  // [tokens, vocab]
    std::vector<float> hidden;  // [layers + 1, tokens, hidden_size]
    std::vector<model::TokenId> greedy;
};

/// Names of all folders that hold a model and what it must give.
std::vector<std::string> fixture_names();
Fixture read_fixture(const std::string& name);
std::filesystem::path fixture_path(const std::string& name);

/// The fixture that holds the same model in another file format; empty if this one is the original.
std::string same_as(const std::string& name);

std::unique_ptr<model::Model> load_fixture(const std::string& name, base::ThreadPool& pool, bool strict = false);

/// The largest absolute difference of two equally long rows of numbers; infinity if a number is not finite or the
/// lengths differ.
double largest_difference(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace ergon::test
