#include "train/files/checkpoint.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "formats/safetensors.h"

namespace ergon::train {
namespace {

using base::ErrorCode;
using tensor::DType;
using tensor::TensorView;

constexpr const char* state_name = "ergon.state";  // steps, place, recipe, checksum of all else
constexpr std::size_t state_values = 4;
constexpr std::int64_t max_place = std::int64_t{1} << 53;  // examples that were learnt from

/// Everything with a name, in memory: what is written, and what a file's bytes are copied to.
std::vector<TensorView> contents(Weights& weights, Trainer& trainer, std::span<const TensorView> more) {
    std::vector<TensorView> all = weights.tensors();
    Adamw& adamw = trainer.adamw();
    const DType type = adamw.moment_type();
    const auto add = [&](const char* prefix, const NamedWeight& one, const std::byte* moments) {
        const auto bytes = static_cast<std::size_t>(one.weight.values() * tensor::info(type).block_bytes);
        all.push_back({prefix + one.name(), type, {one.weight.rows, one.weight.cols}, {moments, bytes}});
    };
    for (const NamedWeight& one : weights.named()) add("adamw.first.", one, adamw.first(one.weight));
    for (const NamedWeight& one : weights.named()) add("adamw.second.", one, adamw.second(one.weight));
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// Of the state itself and of what is stored, name by name.
std::uint64_t checksum_of(std::span<const std::int64_t> state, std::span<const TensorView> stored) {
    std::uint64_t sum = base::checksum(std::as_bytes(state));
    for (const TensorView& one : stored) {
        sum = base::checksum(one.bytes, base::checksum(std::as_bytes(std::span(one.name)), sum));
    }
    return sum;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, Weights& weights, Trainer& trainer, std::uint64_t recipe,
                     std::span<const TensorView> more) {
    std::array<std::int64_t, state_values> state{trainer.steps(), trainer.place(), static_cast<std::int64_t>(recipe),
                                                 0};
    std::vector<TensorView> all = contents(weights, trainer, more);
    state.back() = static_cast<std::int64_t>(checksum_of(state, all));
    all.push_back({state_name, DType::i64, {std::ssize(state)}, std::as_bytes(std::span(state))});
    formats::write_safetensors(path, all);
}

void load_checkpoint(const std::filesystem::path& path, Weights& weights, Trainer& trainer, std::uint64_t recipe,
                     std::span<const TensorView> more) {
    const auto file = formats::Safetensors::open(path);
    const auto require = [&](const std::string& name, DType type, const tensor::Shape& shape) -> const TensorView& {
        const TensorView* found = file.find(name);
        if (found == nullptr || found->type != type || !(found->shape == shape)) {
            base::fail(ErrorCode::bad_file,
                       "{}: the tensor {} is {}; expected {} of shape {}: not a checkpoint of this model",
                       path.string(), name, found == nullptr ? "missing" : found->shape.text(), tensor::name(type),
                       shape.text());
        }
        return *found;
    };
    std::array<std::int64_t, state_values> state{};
    const TensorView& stored = require(state_name, DType::i64, {std::ssize(state)});
    std::memcpy(state.data(), stored.bytes.data(), sizeof state);
    if (static_cast<std::uint64_t>(state[2]) != recipe) {
        base::fail(ErrorCode::bad_file,
                   "{}: the checkpoint was made with another recipe; remove it, or use another folder with --out",
                   path.string());
    }
    if (state[0] < 0 || state[0] > trainer.options().schedule.steps || state[1] < 0 || state[1] > max_place) {
        base::fail(ErrorCode::bad_file, "{}: the checkpoint is damaged: it claims step {} and example {}",
                   path.string(), state[0], state[1]);
    }
    // Found and checked first, copied then: a file that does not fit changes nothing.
    const std::vector<TensorView> all = contents(weights, trainer, more);
    std::vector<TensorView> found;
    for (const TensorView& one : all) found.push_back(require(one.name, one.type, one.shape));
    const auto sum = static_cast<std::uint64_t>(std::exchange(state.back(), 0));
    if (sum != checksum_of(state, found)) {
        base::fail(
            ErrorCode::bad_file,
            "{}: the checkpoint is damaged: its bytes are not those that were written (checksum); restore it from "
            "a copy, or train anew with another --out",
            path.string());
    }
    for (const TensorView& one : all) {
        const TensorView& from = *file.find(one.name);
        // The views are of memory that `weights`, `trainer` and the caller, not const here, own.
        std::memcpy(const_cast<std::byte*>(one.bytes.data()), from.bytes.data(), from.bytes.size());
    }
    trainer.adamw().set_steps(state[0]);
    trainer.set_place(state[1]);
}

}  // namespace ergon::train
