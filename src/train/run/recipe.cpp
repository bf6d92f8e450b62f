#include "train/run/recipe.h"

#include <fmt/format.h>
#include <sstream>

#include "base/digest.h"
#include "base/error.h"
#include "base/files/file.h"
#include "base/files/paths.h"
#include "formats/hf_folder.h"
#include "train/run/recipe_table.h"

namespace ergon::train {
namespace {

constexpr std::int64_t max_width = 1 << 20, max_layers = 1024, max_token_count = 1 << 24;

void read_attention(RecipeTable& t, model::Config& c) {
    c.num_attention_heads = t.integer("num_attention_heads", {}, 1, max_width);
    if (c.is_mla()) {
        c.num_key_value_heads = c.num_attention_heads;
        c.q_lora_rank = t.integer("q_lora_rank", 0, 0, max_width);
        c.kv_lora_rank = t.integer("kv_lora_rank", {}, 1, max_width);
        c.qk_nope_head_dim = t.integer("qk_nope_head_dim", {}, 1, max_width);
        c.qk_rope_head_dim = t.integer("qk_rope_head_dim", {}, 2, max_width);
        c.v_head_dim = t.integer("v_head_dim", {}, 1, max_width);
    } else {
        c.num_key_value_heads = t.integer("num_key_value_heads", c.num_attention_heads, 1, c.num_attention_heads);
        c.head_dim = t.integer("head_dim", c.hidden_size / c.num_attention_heads, 2, max_width);
        if (c.num_attention_heads % c.num_key_value_heads != 0)
            t.refuse("num_key_value_heads", "expected a divisor of num_attention_heads");
    }
    if (c.rope_dim() % 2 != 0) t.refuse(c.is_mla() ? "qk_rope_head_dim" : "head_dim", "expected an even number");
}

void read_experts(RecipeTable& t, model::Config& c) {
    c.n_routed_experts = t.integer("n_routed_experts", 0, 0, max_width);
    if (c.n_routed_experts == 0) return;
    c.num_experts_per_tok = t.integer("num_experts_per_tok", {}, 1, c.n_routed_experts);
    c.moe_intermediate_size = t.integer("moe_intermediate_size", {}, 1, max_width);
    c.n_shared_experts = t.integer("n_shared_experts", 0, 0, max_width);
    c.first_k_dense_replace = t.integer("first_k_dense_replace", 0, 0, c.num_hidden_layers);
    c.n_group = t.integer("n_group", 1, 1, c.n_routed_experts);
    c.topk_group = t.integer("topk_group", 1, 1, c.n_group);
    if (c.n_routed_experts % c.n_group != 0) t.refuse("n_group", "expected a divisor of n_routed_experts");
    if (c.num_experts_per_tok > c.n_routed_experts / c.n_group * c.topk_group) {
        t.refuse("num_experts_per_tok", "the topk_group groups do not have as many experts");
    }
    const std::string scoring = t.word("scoring_func", "sigmoid", {"sigmoid", "softmax"});
    const std::string method = t.word("topk_method", "noaux_tc", {"noaux_tc", "greedy", "group_limited_greedy"});
    c.scoring_func = scoring == "sigmoid" ? model::ScoringFunc::sigmoid : model::ScoringFunc::softmax;
    c.topk_method = method == "noaux_tc" ? model::TopkMethod::noaux_tc
                    : method == "greedy" ? model::TopkMethod::greedy
                                         : model::TopkMethod::group_limited_greedy;
    c.norm_topk_prob = t.boolean("norm_topk_prob", c.scoring_func == model::ScoringFunc::sigmoid);
    c.routed_scaling_factor = t.number("routed_scaling_factor", 1, 1e-6, 1e6);
}

/// A model's own configuration, where its weights are begun with.
Architecture read_initial(RecipeTable t, const std::filesystem::path& folder) {
    const formats::HfFolder files = formats::HfFolder::open(folder);
    const Architecture a{model::read_config(files), t.boolean("mtp", false)};
    const auto mtp_layers = files.config.find("num_nextn_predict_layers");
    if (a.mtp && (mtp_layers == files.config.end() || *mtp_layers == 0))
        t.refuse("mtp", "the model at model.from has no block for multi-token prediction: remove it");
    if (a.config.context_length() < a.config.max_position_embeddings)
        t.refuse("from", "it has sliding-window attention (sliding_window), which training does not support");
    if (a.config.rope_scaling.type != model::RopeType::none)
        t.refuse("from", "it scales its rotary frequencies (rope_scaling), which training does not support");
    t.no_others();
    return a;
}

Architecture read_model(RecipeTable t) {
    Architecture a;
    model::Config& c = a.config;
    const std::string name = t.word("architecture", "deepseek2", {"deepseek2", "llama"});
    c.architecture = name == "llama" ? model::Architecture::llama : model::Architecture::deepseek2;
    c.hidden_size = t.integer("hidden_size", {}, 1, max_width);
    c.num_hidden_layers = t.integer("num_hidden_layers", {}, 1, max_layers);
    c.max_position_embeddings = t.integer("max_position_embeddings", {}, 1, max_token_count);
    c.rms_norm_eps = t.number("rms_norm_eps", 1e-6, 1e-12, 1);
    c.rope_theta = t.number("rope_theta", 10000, 1, 1e12);
    c.tie_word_embeddings = t.boolean("tie_word_embeddings", false);
    read_attention(t, c);
    if (c.is_mla()) read_experts(t, c);
    const bool dense = c.n_routed_experts == 0 || c.first_k_dense_replace > 0;
    if (dense) c.intermediate_size = t.integer("intermediate_size", {}, 1, max_width);
    a.mtp = t.boolean("mtp", false);
    t.no_others();
    return a;
}

void read_training(RecipeTable t, Recipe& recipe, bool samples) {
    TrainerOptions& o = recipe.trainer;
    recipe.seed = static_cast<std::uint64_t>(t.integer("seed", 0, 0));
    recipe.initial_deviation = static_cast<float>(t.number("initial_deviation", 0.006, 1e-6, 1));
    o.document = t.integer("document_tokens", recipe.architecture.config.max_position_embeddings, 2,
                           recipe.architecture.config.max_position_embeddings);
    constexpr std::int64_t usual_micro_tokens = 4096;
    o.batch_tokens = usual_micro_tokens;
    if (!samples) {  // with reinforcement learning a batch is a round's samples
        o.batch_examples = t.integer("batch_examples", 0, 0, max_token_count);
        const std::int64_t tokens = t.integer("batch_tokens", 0, 0, max_token_count);
        if (tokens == 0 && o.batch_examples == 0) t.refuse("batch_tokens", "give it, or batch_examples");
        if (tokens > 0 && o.batch_examples > 0) t.refuse("batch_examples", "give it or batch_tokens, not both");
        if (tokens > 0) o.batch_tokens = tokens;
    }
    o.micro_tokens = t.integer("micro_tokens", std::max(o.document, std::min(o.batch_tokens, usual_micro_tokens)),
                               o.document, max_token_count);
    o.recompute = t.boolean("recompute", false);
    o.mtp_factor = static_cast<float>(t.number("mtp_factor", recipe.architecture.mtp && !samples ? 0.3 : 0.0, 0, 10));
    if (o.mtp_factor > 0 && !recipe.architecture.mtp)
        t.refuse("mtp_factor", "the model has no block for multi-token prediction: model.mtp = true");
    const std::string precision = t.word("precision", "fp32", {"fp32", "bf16", "fp8"});
    recipe.architecture.precision = precision == "fp32"   ? Precision::fp32
                                    : precision == "bf16" ? Precision::bf16
                                                          : Precision::fp8;
    if (samples && recipe.architecture.precision != Precision::fp32)
        t.refuse("precision", "answers are sampled with F32 weights, so reinforcement learning supports only fp32");
    Schedule& s = o.schedule;
    s.steps = t.integer("steps", {}, 1);
    s.warm_up = t.integer("warm_up", 0, 0, s.steps);
    s.decay_from = t.integer("decay_from", s.steps, 0);
    if (s.decay_from < s.warm_up || s.decay_from > s.steps)
        t.refuse("decay_from",
                 fmt::format("expected a step from training.warm_up, {}, to training.steps, {}", s.warm_up, s.steps));
    s.learning_rate = t.number("learning_rate", {}, 0, 10);
    s.least = t.number("least_learning_rate", 0.1 * s.learning_rate, 0, s.learning_rate);
    AdamwOptions& a = o.adamw;
    // A moment in BF16 falls to beta times itself only if that is nearer to the next number: 2^-8 below it.
    const double max_beta = recipe.architecture.precision == Precision::fp32 ? 0.999999 : 1 - 0x1p-8;
    a.beta1 = t.number("beta1", 0.9, 0, max_beta);
    a.beta2 = t.number("beta2", 0.95, 0, max_beta);
    a.epsilon = t.number("epsilon", 1e-8, 1e-20, 1);
    a.weight_decay = t.number("weight_decay", 0.1, 0, 10);
    a.clip = t.number("clip", 1, 0, 1e6);
    t.no_others();
}

Balance read_balance(RecipeTable t, const model::Config& c) {
    Balance b;
    const bool biased = c.n_routed_experts > 0 && c.topk_method == model::TopkMethod::noaux_tc;
    b.bias_step = static_cast<float>(t.number("bias_step", biased ? 0.001 : 0.0, 0, 1));
    b.sequence_loss = static_cast<float>(t.number("sequence_loss", biased ? 1e-4 : 0.0, 0, 10));
    b.batch_loss = static_cast<float>(t.number("batch_loss", 0, 0, 10));
    if (b.bias_step > 0 && !biased) t.refuse("bias_step", "only experts chosen by noaux_tc have a bias");
    t.no_others();
    return b;
}

DataRecipe read_data(RecipeTable t, const std::filesystem::path& folder) {
    DataRecipe d;
    for (const std::string& one : t.texts("files")) d.files.push_back(folder / one);
    if (d.files.empty()) t.refuse("files", "expected at least one file of JSON lines");
    d.thinking = t.word("style", "direct", {"direct", "think"}) == "think";
    t.no_others();
    return d;
}

ExportRecipe read_export(RecipeTable t, bool has_mtp) {
    ExportRecipe e;
    const std::string type = t.word("gguf", "none", {"none", "f32", "f16", "q8_0"});
    if (type == "f32") e.gguf = tensor::DType::f32;
    if (type == "f16") e.gguf = tensor::DType::f16;
    if (type == "q8_0") e.gguf = tensor::DType::q8_0;
    e.description = t.text("description", "");
    e.mtp = t.boolean("mtp", false);
    if (e.mtp && !has_mtp) t.refuse("mtp", "the model has no block for multi-token prediction: model.mtp = true");
    t.no_others();
    return e;
}

RewardOptions read_reward(RecipeTable& t) {
    RewardOptions r;
    r.accuracy = t.number("accuracy", 1, 0, 1e6);
    r.format = t.number("format", 0.1, 0, 1e6);
    r.token_cost = t.number("token_cost", 0, 0, 1e6);
    r.joule_cost = t.number("joule_cost", 0, 0, 1e12);
    const std::optional<double> coefficient = r.joule_cost > 0 ? std::nullopt : std::optional(0.0);
    r.joules_per_byte = t.number("joules_per_byte", coefficient, 0, 1);
    r.joules_per_operation = t.number("joules_per_operation", coefficient, 0, 1);
    return r;
}

GrpoOptions read_grpo(RecipeTable t, Recipe& recipe) {
    constexpr std::int64_t max_samples = 1 << 16;
    GrpoOptions g;
    g.problems = t.integer("problems", 16, 1, max_samples / 2);
    const std::int64_t max_group = max_samples / g.problems;
    g.rollout.group = t.integer("group", std::min<std::int64_t>(16, max_group), 2, max_group);
    g.rollout.max_tokens = t.integer("max_tokens", recipe.trainer.document, 1, recipe.trainer.document);
    g.rollout.at_once = t.integer("at_once", 256, 1, max_samples);
    g.rollout.document = recipe.trainer.document;
    g.rollout.thinking = recipe.data.thinking;
    g.rollout.seed = recipe.seed;
    g.updates = t.integer("updates", 1, 1, g.problems);
    if (recipe.trainer.schedule.steps % g.updates != 0)
        t.refuse("updates", "expected a divisor of training.steps, which are rounds times updates");
    g.reference_every = t.integer("reference_every", 0, 0);
    recipe.trainer.policy.clip = t.number("clip", 0.2, 1e-6, 1e6);
    recipe.trainer.policy.kl = t.number("kl", 0.001, 0, 1e6);
    if (g.reference_every > 0 && recipe.trainer.policy.kl == 0)
        t.refuse("reference_every", "with kl = 0 there is no reference");
    g.reward = read_reward(t);
    t.no_others();
    return g;
}

/// How what a recipe reads is made, as a sentence; empty if that is not known.
std::string how_it_is_made(const std::filesystem::path& recipe) {
    const std::filesystem::path folder = recipe.has_parent_path() ? recipe.parent_path() : ".";
    const auto makefile = base::read_optional_text(folder / "Makefile");
    if (!makefile) return {};
    const std::string target = recipe.stem().string();
    if (("\n" + *makefile).find("\n" + target + ":") != std::string::npos)
        return fmt::format(" Make it first: make -C {} {}", folder.string(), target);
    return fmt::format(" {} may say how it is made.", (folder / "Makefile").string());
}

}  // namespace

void check_inputs_exist(const Recipe& recipe) {
    std::vector<std::filesystem::path> inputs{recipe.initial, recipe.tokenizer};
    inputs.insert(inputs.end(), recipe.data.files.begin(), recipe.data.files.end());
    for (const std::filesystem::path& one : inputs) {
        if (one.empty() || base::path_exists(one)) continue;
        base::check_reachable(one);
        base::fail(base::ErrorCode::not_found, "{} reads {}, which is not there.{}", recipe.file.string(),
                   one.lexically_normal().string(), how_it_is_made(recipe.file));
    }
}

Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& settings) {
    constexpr std::size_t max_bytes = std::size_t{1} << 20;
    return parse_recipe(base::read_text(file, max_bytes), file, settings);
}

Recipe parse_recipe(const std::string& content, const std::filesystem::path& file,
                    const std::vector<std::string>& settings) {
    toml::table root = parse_toml(content, file.string());
    for (const std::string& one : settings) set_key(root, one);
    Recipe recipe;
    RecipeTable t(root, file.string(), "", recipe.settings);
    const std::filesystem::path folder = file.parent_path();
    recipe.file = file;
    RecipeTable model = t.table("model");
    const std::string from = model.text("from", "");
    if (!from.empty()) recipe.initial = folder / from;
    const std::string tokenizer =
        t.text("tokenizer", from.empty() ? std::nullopt : std::optional<std::string>(std::string()));
    recipe.tokenizer = tokenizer.empty() ? recipe.initial : folder / tokenizer;
    recipe.architecture = from.empty() ? read_model(model) : read_initial(model, recipe.initial);
    const bool samples = root.contains("grpo");
    read_training(t.table("training"), recipe, samples);
    recipe.trainer.balance = read_balance(t.table("balance"), recipe.architecture.config);
    recipe.data = read_data(t.table("data"), folder);
    RecipeTable grpo = t.table("grpo");
    if (samples) recipe.grpo = read_grpo(grpo, recipe);
    recipe.exported = read_export(t.table("export"), recipe.architecture.mtp);
    RecipeTable checkpoint = t.table("checkpoint");
    recipe.checkpoint_every = checkpoint.integer("every", 100, 1);
    checkpoint.no_others();
    t.no_others();
    root.erase("checkpoint");  // when and how it is saved changes nothing of what is learnt
    root.erase("export");
    std::ostringstream text;
    text << toml::json_formatter{root};
    base::Digest digest;
    digest.add(text.str());
    recipe.fingerprint = digest.value();
    return recipe;
}

}  // namespace ergon::train
