#include "lab/store/design.h"

#include "base/error.h"

namespace ergon::lab {
namespace {

constexpr const char* factors_kind = "factors";

}  // namespace

void check_factors(std::span<const Factor> factors, std::size_t contenders) {
    if (!factors.empty()) effects(factors, {}, contenders, MachineErrors(contenders), 0);
}

void keep_factors(Results& results, RunId run, std::span<const Factor> factors) {
    nlohmann::ordered_json content = nlohmann::ordered_json::array();
    for (const Factor& one : factors) content.push_back({{"name", one.name}, {"levels", one.levels}});
    results.attach(run, factors_kind, content);
}

std::vector<Factor> kept_factors(Results& results, RunId run) {
    const auto content = results.attachment(run, factors_kind);
    if (!content) return {};
    try {
        std::vector<Factor> factors;
        for (const auto& one : *content) {
            factors.push_back({one.at("name").get<std::string>(), one.at("levels").get<std::vector<std::string>>()});
        }
        return factors;
    } catch (const nlohmann::json::exception&) {
        base::fail(base::ErrorCode::bad_file, "The results file {} is damaged: the factors of run {} cannot be read.",
                   results.path().string(), run);
    }
}

}  // namespace ergon::lab
