#include "train/files/export_folder.h"

#include "base/files/file.h"
#include "base/files/paths.h"
#include "base/json/json_text.h"
#include "formats/safetensors.h"
#include "train/tokenizer/deepseek_template.h"

namespace ergon::train {
namespace {

using base::Json;

/// V3's code chooses by sigmoid scores and a bias; what has softmax scores is a V2.
bool third_generation(const model::Config& c) {
    return c.n_routed_experts == 0 || c.scoring_func == model::ScoringFunc::sigmoid;
}

std::string method_name(model::TopkMethod method) {
    switch (method) {
        case model::TopkMethod::greedy: return "greedy";
        case model::TopkMethod::group_limited_greedy: return "group_limited_greedy";
        default: return "noaux_tc";
    }
}

void add_mla(const model::Config& c, Json& json) {
    json["q_lora_rank"] = c.q_lora_rank > 0 ? Json(c.q_lora_rank) : Json(nullptr);
    json["kv_lora_rank"] = c.kv_lora_rank;
    json["qk_nope_head_dim"] = c.qk_nope_head_dim;
    json["qk_rope_head_dim"] = c.qk_rope_head_dim;
    json["v_head_dim"] = c.v_head_dim;
    json["moe_layer_freq"] = 1;
    if (c.n_routed_experts == 0) {
        // V3's and V2's classes have no other word for "no experts" than that all layers are dense.
        json["first_k_dense_replace"] = c.num_hidden_layers;
        return;
    }
    json["n_routed_experts"] = c.n_routed_experts;
    json["n_shared_experts"] = c.n_shared_experts;
    json["num_experts_per_tok"] = c.num_experts_per_tok;
    json["moe_intermediate_size"] = c.moe_intermediate_size;
    json["first_k_dense_replace"] = c.first_k_dense_replace;
    json["n_group"] = c.n_group;
    json["topk_group"] = c.topk_group;
    json["topk_method"] = method_name(c.topk_method);
    json["scoring_func"] = c.scoring_func == model::ScoringFunc::sigmoid ? "sigmoid" : "softmax";
    json["norm_topk_prob"] = c.norm_topk_prob;
    json["routed_scaling_factor"] = c.routed_scaling_factor;
}

/// A template that leaves it to whoever asks whether the model thinks would ask it for what it never learnt.
void write_tokenizer_config(const std::filesystem::path& folder, const engine::ChatFormat& words, bool thinking) {
    const std::filesystem::path from = words.path() / "tokenizer_config.json";
    std::string text = base::read_text(from);
    if (words.tokenizer().chat_template() == deepseek_chat_template) {
        Json config = base::read_json(from);
        config["chat_template"] = deepseek_template_of(thinking);
        text = base::json_text(config, 2) + "\n";
    }
    base::write_atomically(folder / "tokenizer_config.json", text);
}

}  // namespace

Json hugging_face_config(const Architecture& architecture) {
    const model::Config& c = architecture.config;
    const bool v3 = third_generation(c);
    Json json{{"architectures", Json::array({!c.is_mla() ? "LlamaForCausalLM"
                                             : v3        ? "DeepseekV3ForCausalLM"
                                                         : "DeepseekV2ForCausalLM"})},
              {"model_type", !c.is_mla() ? "llama"
                             : v3        ? "deepseek_v3"
                                         : "deepseek_v2"},
              {"torch_dtype", "float32"},
              {"hidden_act", "silu"},
              {"attention_bias", false},
              {"vocab_size", c.vocab_size},
              {"hidden_size", c.hidden_size},
              {"intermediate_size", c.intermediate_size > 0 ? c.intermediate_size : c.moe_intermediate_size},
              {"num_hidden_layers", c.num_hidden_layers},
              {"num_attention_heads", c.num_attention_heads},
              {"num_key_value_heads", c.num_key_value_heads},
              {"max_position_embeddings", c.max_position_embeddings},
              {"rms_norm_eps", c.rms_norm_eps},
              {"rope_theta", c.rope_theta},
              {"rope_scaling", nullptr},
              {"tie_word_embeddings", c.tie_word_embeddings}};
    if (c.is_mla()) {
        add_mla(c, json);
    } else {
        json["head_dim"] = c.head_dim;
    }
    if (architecture.mtp) json["num_nextn_predict_layers"] = 1;
    return json;
}

void export_folder(const std::filesystem::path& folder, const Weights& weights, const engine::ChatFormat& words,
                   bool thinking) {
    base::make_folders(folder);
    base::write_atomically(folder / "tokenizer.json", base::read_text(words.path() / "tokenizer.json"));
    write_tokenizer_config(folder, words, thinking);
    Json config = hugging_face_config(weights.architecture());
    const text::Tokenizer& tokenizer = words.tokenizer();
    if (tokenizer.bos()) config["bos_token_id"] = *tokenizer.bos();
    if (tokenizer.eos()) config["eos_token_id"] = *tokenizer.eos();
    base::write_atomically(folder / "config.json", base::json_text(config, 2) + "\n");
    formats::write_safetensors(folder / "model.safetensors", weights.tensors());
}

}  // namespace ergon::train
