#include "model/weights/unused_tensors.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "base/error.h"
#include "base/strings/string_map.h"
#include "model/weights/tensor_names.h"

namespace ergon::model {
namespace {

using tensor::TensorView;

// Tables that older code kept beside the weights: all follow from rope_theta and the length of the context.
constexpr std::string_view computed_tables[] = {".rotary_emb.inv_freq", ".rotary_emb.cos_cached",
                                                ".rotary_emb.sin_cached", ".attn_rot_embd.weight"};

class Ignorable {
  public:
    Ignorable(const Config& config, std::span<const TensorView> tensors) : c_(config) {
        for (const TensorView& one : tensors) by_name_.emplace(one.name, &one);
        // Blocks of multi-token prediction stand behind the layers. They guess a second token; the first needs none.
        for (std::int64_t l = c_.num_hidden_layers;
             has(gguf_name(Part::mtp_projection, l)) || has(hugging_face_name(Part::mtp_projection, l)); ++l) {
            prediction_.push_back(fmt::format("blk.{}.", l));
            prediction_.push_back(fmt::format("model.layers.{}.", l));
        }
    }

    bool operator()(const TensorView& one) const {
        const auto ends = [&](std::string_view ending) { return one.name.ends_with(ending); };
        const auto begins = [&](const std::string& beginning) { return one.name.starts_with(beginning); };
        return std::ranges::any_of(computed_tables, ends) || std::ranges::any_of(prediction_, begins) ||
               is_second_embedding(one) || is_cut_kv_b(one);
    }

  private:
    bool has(const std::string& name) const { return by_name_.contains(name); }

    /// A head that is tied to the embedding may be stored all the same, with the same numbers.
    bool is_second_embedding(const TensorView& one) const {
        if (!c_.tie_word_embeddings || one.name != hugging_face_name(Part::output_head, 0)) return false;
        const auto found = by_name_.find(hugging_face_name(Part::embedding, 0));
        if (found == by_name_.end()) return false;
        const TensorView& embedding = *found->second;
        return one.type == embedding.type && one.shape == embedding.shape &&
               std::ranges::equal(one.bytes, embedding.bytes);
    }
    /// Some converters write kv_b whole and cut in two; the whole is used.
    bool is_cut_kv_b(const TensorView& one) const {
        for (const std::string_view part : {".attn_k_b.weight", ".attn_v_b.weight"}) {
            if (!one.name.ends_with(part)) continue;
            return has(one.name.substr(0, one.name.size() - part.size()) + ".attn_kv_b.weight");
        }
        return false;
    }

    const Config& c_;
    std::unordered_map<std::string_view, const TensorView*, base::StringHash> by_name_;
    std::vector<std::string> prediction_;
};

}  // namespace

std::vector<std::string> unused_tensors(const Config& config, std::span<const TensorView> tensors,
                                        const std::function<bool(const std::string&)>& used) {
    const Ignorable ignorable(config, tensors);
    std::vector<std::string> names;
    for (const TensorView& one : tensors) {
        if (!used(one.name) && !ignorable(one)) names.push_back(one.name);
    }
    return names;
}

void refuse_unused(std::string_view file, std::string_view what, std::span<const std::string> names) {
    if (names.empty()) return;
    const std::string others = names.size() > 1 ? fmt::format(" (nor are {} others)", names.size() - 1) : "";
    base::fail(base::ErrorCode::bad_file,
               "{}: the {} {} is not used by a model of this configuration{}; fetch the complete model in one version, "
               "or ignore the tensors with --allow-unused",
               file, what, names.front().substr(0, 200), others);
}

}  // namespace ergon::model
