#!/usr/bin/env python3
"""Small random-weight models with known outputs, and the plain reference that computes the outputs.

    make_fixtures.py check            compare the reference with every stored fixture (and with transformers, if installed)
    make_fixtures.py write [NAME...]  make the fixtures of RECIPES and GGUF_RECIPES anew
    make_fixtures.py search NAME      find a prompt seed with wide margins for a recipe
    make_fixtures.py mistakes         show how far each single mistake moves the logits

Needs: pip install torch numpy safetensors gguf; `check` also uses transformers when it is there.

`forward` below is one straight-line implementation of Llama, Mistral, Qwen2, Qwen3, DeepSeek-MoE, DeepSeek-V2 and
DeepSeek-V3: no cache, no batch, whole sequence at once, attention in the expanded form. It is trusted because it also
reproduces the fixtures that it did not make (`check`), and it runs in float64 to show how much of a difference is rounding.
"""
import argparse
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
GREEDY_TOKENS = 32
MIN_ROUTER_MARGIN = 2e-4  # float32 noise in a router score is about 1e-6
MIN_GREEDY_GAP = 0.05     # float32 noise in a logit is about 1e-4

# ---------------------------------------------------------------------------------------------------------------------
# The reference. Shapes: T tokens, D hidden, H heads, E experts. Weights are [out, in], as in the files.


@dataclass
class Margins:
    """The closest calls that a run has made: a rounding error smaller than these changes no choice."""
    expert: float = math.inf
    group: float = math.inf

    def see(self, kind, last_in, first_out):
        setattr(self, kind, min(getattr(self, kind), (last_in - first_out).min().item()))


def is_mla(c):
    return "kv_lora_rank" in c


def head_dim(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def rms_norm(x, gain, eps):
    return gain * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)


def rotary_frequencies(c):
    """Radians per position for each rotated pair, float64 [dim/2]."""
    dim = c["qk_rope_head_dim"] if is_mla(c) else head_dim(c)
    base = c["rope_theta"]
    f = base ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    s = c.get("rope_scaling")
    if not s:
        return f
    original = s["original_max_position_embeddings"]
    kind = s.get("rope_type") or s.get("type")
    if kind == "llama3":
        turns = original * f / (2 * math.pi)  # full turns within the original context
        blend = ((turns - s["low_freq_factor"]) / (s["high_freq_factor"] - s["low_freq_factor"])).clamp(0, 1)
        return f * ((1 - blend) / s["factor"] + blend)
    if kind == "yarn":
        def pair_with(turns):
            return dim * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))
        low = max(math.floor(pair_with(s["beta_fast"])), 0)
        high = min(math.ceil(pair_with(s["beta_slow"])), dim - 1)
        ramp = ((torch.arange(dim // 2, dtype=torch.float64) - low) / max(high - low, 0.001)).clamp(0, 1)
        return f / s["factor"] * ramp + f * (1 - ramp)
    raise ValueError(f"rope_scaling type {kind!r} is unknown here")


def rotate(x, angles, interleaved):
    """Rotate the pairs of the last dimension of x [T, heads, dim] by angles [T, dim/2]."""
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]
    if interleaved:  # pairs (2i, 2i+1)
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)
    a, b = x.chunk(2, -1)  # pairs (i, i + dim/2)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


def attend(q, k, v, scale):
    """Causal attention over q, k [T, H, dk], v [T, H, dv] -> [T, H*dv]."""
    t = q.shape[0]
    scores = torch.einsum("thd,shd->hts", q, k) * scale
    future = torch.ones(t, t, dtype=torch.bool).triu(1)
    p = scores.masked_fill(future, -math.inf).softmax(-1)
    return torch.einsum("hts,shd->thd", p, v).flatten(1)


def attention_gqa(c, w, x, angles):
    t, d = x.shape[0], head_dim(c)

    def project(name, heads):
        y = x @ w(f"{name}_proj.weight").T
        if w.has(f"{name}_proj.bias"):
            y = y + w(f"{name}_proj.bias")
        y = y.view(t, heads, d)
        return rms_norm(y, w(f"{name}_norm.weight"), c["rms_norm_eps"]) if w.has(f"{name}_norm.weight") else y

    q, k, v = project("q", c["num_attention_heads"]), project("k", c["num_key_value_heads"]), project("v", c["num_key_value_heads"])
    interleaved = c.get("_interleaved", False)
    q, k = rotate(q, angles, interleaved), rotate(k, angles, interleaved)
    group = c["num_attention_heads"] // c["num_key_value_heads"]  # query heads h*group .. share kv head h
    y = attend(q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), d ** -0.5)
    return y @ w("o_proj.weight").T


def attention_mla(c, w, x, angles):
    t, heads, eps = x.shape[0], c["num_attention_heads"], 1e-6  # the latents' norms keep 1e-6 whatever rms_norm_eps is
    nope, rope, rank, dv = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["kv_lora_rank"], c["v_head_dim"]
    if c["q_lora_rank"]:
        q = rms_norm(x @ w("q_a_proj.weight").T, w("q_a_layernorm.weight"), eps) @ w("q_b_proj.weight").T
    else:
        q = x @ w("q_proj.weight").T
    q_nope, q_rope = q.view(t, heads, nope + rope).split((nope, rope), -1)
    latent, k_rope = (x @ w("kv_a_proj_with_mqa.weight").T).split((rank, rope), -1)
    kv = rms_norm(latent, w("kv_a_layernorm.weight"), eps) @ w("kv_b_proj.weight").T
    k_nope, v = kv.view(t, heads, nope + dv).split((nope, dv), -1)

    interleaved = c.get("_interleaved", True)
    q_rope, k_rope = rotate(q_rope, angles, interleaved), rotate(k_rope[:, None], angles, interleaved)
    q = torch.cat((q_nope, q_rope), -1)
    k = torch.cat((k_nope, k_rope.expand(-1, heads, -1)), -1)
    scale = (nope + rope) ** -0.5
    s = c.get("rope_scaling")
    if s and s["factor"] > 1:
        scale *= (0.1 * s.get("mscale_all_dim", 0) * math.log(s["factor"]) + 1) ** 2
    return attend(q, k, v, scale) @ w("o_proj.weight").T


def route(c, z, bias, margins):
    """Router logits z [T, E] -> chosen experts [T, K] and their weights [T, K]."""
    method, k = c.get("topk_method", "greedy"), c["num_experts_per_tok"]
    score = z.sigmoid() if c["scoring_func"] == "sigmoid" else z.softmax(-1)
    choice = score + bias if method == "noaux_tc" else score  # the bias chooses; it never weighs
    if method in ("noaux_tc", "group_limited_greedy") and c["n_group"] > 1:
        groups = choice.view(len(z), c["n_group"], -1)
        best_two = method == "noaux_tc" if "_group_sum" not in c else c["_group_sum"]
        group_score = groups.topk(2).values.sum(-1) if best_two else groups.amax(-1)
        order = group_score.sort(dim=-1, descending=True, stable=True)
        margins.see("group", order.values[:, c["topk_group"] - 1], order.values[:, c["topk_group"]])
        kept = torch.zeros_like(group_score, dtype=torch.bool).scatter(1, order.indices[:, :c["topk_group"]], True)
        choice = groups.masked_fill(~kept[..., None], -math.inf).flatten(1)
    order = choice.sort(dim=-1, descending=True, stable=True)
    margins.see("expert", order.values[:, k - 1], order.values[:, k])
    chosen = order.indices[:, :k]
    weight = score.gather(1, chosen)
    scale = c.get("routed_scaling_factor", 1.0)
    if c["norm_topk_prob"]:
        weight = weight / (weight.sum(-1, keepdim=True) + 1e-20)
        if method != "noaux_tc":
            scale = 1.0  # V2's code normalises or scales, V3's does both
    return chosen, weight * scale


def swiglu(w, x):
    return (torch.nn.functional.silu(x @ w("gate_proj.weight").T) * (x @ w("up_proj.weight").T)) @ w("down_proj.weight").T


def experts(c, w, x, margins):
    bias = w("gate.e_score_correction_bias") if w.has("gate.e_score_correction_bias") else None
    chosen, weight = route(c, x @ w("gate.weight").T, bias, margins)
    y = swiglu(w.under("shared_experts."), x)
    for e in range(c["n_routed_experts"]):
        token, slot = (chosen == e).nonzero(as_tuple=True)
        if len(token):
            y.index_add_(0, token, swiglu(w.under(f"experts.{e}."), x[token]) * weight[token, slot, None])
    return y


class Weights:
    """The tensors under a name prefix, widened to the type of the computation."""

    def __init__(self, tensors, dtype, prefix=""):
        self.tensors, self.dtype, self.prefix = tensors, dtype, prefix

    def under(self, prefix):
        return Weights(self.tensors, self.dtype, self.prefix + prefix)

    def has(self, name):
        return self.prefix + name in self.tensors

    def __call__(self, name):
        x = self.tensors[self.prefix + name].to(self.dtype)
        if self.has(name + "_scale_inv"):  # FP8 blocks of 128 x 128, the last ones partial
            s = self(name + "_scale_inv").repeat_interleave(128, 0).repeat_interleave(128, 1)
            x = x * s[:x.shape[0], :x.shape[1]]
        return x


@torch.no_grad()
def forward(c, tensors, ids, dtype=torch.float32, margins=None):
    """ids [T] -> logits [T, vocab] and the residual stream [layers+1, T, D] (before the final norm)."""
    w, margins = Weights(tensors, dtype), margins or Margins()
    frequencies = rotary_frequencies(c).to(dtype)
    angles = torch.arange(len(ids), dtype=dtype)[:, None] * frequencies
    x = w("model.embed_tokens.weight")[ids]
    hidden = [x]
    for i in range(c["num_hidden_layers"]):
        layer = w.under(f"model.layers.{i}.")
        attention = attention_mla if is_mla(c) else attention_gqa
        x = x + attention(c, layer.under("self_attn."), rms_norm(x, layer("input_layernorm.weight"), c["rms_norm_eps"]), angles)
        y = rms_norm(x, layer("post_attention_layernorm.weight"), c["rms_norm_eps"])
        moe = "n_routed_experts" in c and i >= c["first_k_dense_replace"]
        x = x + (experts(c, layer.under("mlp."), y, margins) if moe else swiglu(layer.under("mlp."), y))
        hidden.append(x)
    head = w("model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight")
    return rms_norm(x, w("model.norm.weight"), c["rms_norm_eps"]) @ head.T, torch.stack(hidden)


def continue_greedily(c, tensors, ids, margins, stop_below=0.0):
    """GREEDY_TOKENS argmax steps -> the ids and the smallest distance between the two best logits; None below a bound."""
    out, gap = list(ids), math.inf
    for _ in range(GREEDY_TOKENS):
        logits, _ = forward(c, tensors, torch.tensor(out), margins=margins)
        best = logits[-1].topk(2)
        gap = min(gap, (best.values[0] - best.values[1]).item())
        if gap < stop_below or min(margins.expert, margins.group) < (MIN_ROUTER_MARGIN if stop_below else 0):
            return None
        out.append(best.indices[0].item())
    return out[len(ids):], gap


# ---------------------------------------------------------------------------------------------------------------------
# Models made here.

COMMON = {"attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 1, "hidden_act": "silu", "initializer_range": 0.02,
          "torch_dtype": "bfloat16", "use_cache": True}
DEEPSEEK = COMMON | {
    "attention_bias": False, "aux_loss_alpha": 0.001, "first_k_dense_replace": 1, "hidden_size": 64, "moe_layer_freq": 1,
    "n_shared_experts": 2, "norm_topk_prob": False, "num_attention_heads": 4, "num_hidden_layers": 3,
    "num_key_value_heads": 4, "pretraining_tp": 1, "rms_norm_eps": 1e-06, "rope_theta": 10000, "scoring_func": "softmax",
    "seq_aux": True, "tie_word_embeddings": False, "vocab_size": 256}


@dataclass
class Recipe:
    config: dict
    length: int       # tokens of the prompt
    weight_seed: int
    prompt_seed: int  # found by `search`: the first one whose margins are wide enough
    mistakes: dict = field(default_factory=dict)  # name -> changes of the config, or a function that spoils the tensors


def without(*endings):
    return lambda tensors: {k: v for k, v in tensors.items() if not k.endswith(endings)}


def scaled(ending, factor):
    return lambda tensors: {k: v * factor if k.endswith(ending) else v for k, v in tensors.items()}


def reordered_query_heads(tensors):
    """As if query head h belonged to kv head h mod 2 (and not h div 2): head order 0 2 1 3 of four."""
    def swap(x, dim):
        return torch.cat([x.chunk(4, dim)[i] for i in (0, 2, 1, 3)], dim)
    return {k: swap(v, 0) if k.endswith("q_proj.weight") else swap(v, 1) if k.endswith("o_proj.weight") else v
            for k, v in tensors.items()}


RECIPES = {
    "mistral": Recipe(
        COMMON | {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "head_dim": 24, "hidden_size": 64,
                  "intermediate_size": 160, "max_position_embeddings": 2048, "num_attention_heads": 4, "num_hidden_layers": 2,
                  "num_key_value_heads": 2, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "sliding_window": None,
                  "tie_word_embeddings": False, "transformers_version": "4.43.0", "vocab_size": 288},
        length=40, weight_seed=101, prompt_seed=3,
        mistakes={"pairs (2i, 2i+1)": {"_interleaved": True}, "rope_theta 10000": {"rope_theta": 1e4},
                  "scale from hidden/heads": scaled("q_proj.weight", (24 / 16) ** 0.5),
                  "kv head = h mod 2": reordered_query_heads}),
    "qwen3": Recipe(
        COMMON | {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "attention_bias": False, "head_dim": 32,
                  "hidden_size": 64, "intermediate_size": 144, "max_position_embeddings": 40960, "max_window_layers": 2,
                  "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
                  "rope_scaling": None, "rope_theta": 1000000, "sliding_window": None, "tie_word_embeddings": True,
                  "transformers_version": "4.51.0", "use_sliding_window": False, "vocab_size": 256},
        length=48, weight_seed=102, prompt_seed=6,
        mistakes={"no q norm": without("q_norm.weight"), "no k norm": without("k_norm.weight"),
                  "pairs (2i, 2i+1)": {"_interleaved": True}, "rope_theta 10000": {"rope_theta": 1e4},
                  "scale from hidden/heads": scaled("q_norm.weight", (32 / 16) ** 0.5),
                  "kv head = h mod 2": reordered_query_heads}),
    "deepseek-moe": Recipe(
        DEEPSEEK | {"architectures": ["DeepseekForCausalLM"], "model_type": "deepseek", "intermediate_size": 128,
                    "max_position_embeddings": 4096, "moe_intermediate_size": 24, "n_routed_experts": 12,
                    "num_experts_per_tok": 3, "rope_scaling": None, "transformers_version": "4.36.0"},
        length=48, weight_seed=103, prompt_seed=8,
        mistakes={"pairs (2i, 2i+1)": {"_interleaved": True}, "weights renormalised": {"norm_topk_prob": True},
                  "sigmoid scores": {"scoring_func": "sigmoid"},
                  "no shared experts": scaled("shared_experts.down_proj.weight", 0)}),
    "deepseek-v2": Recipe(
        DEEPSEEK | {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "ep_size": 1,
                    "intermediate_size": 128, "kv_lora_rank": 32, "max_position_embeddings": 2560,
                    "moe_intermediate_size": 16, "n_group": 6, "n_routed_experts": 24, "num_experts_per_tok": 4,
                    "q_lora_rank": 40, "qk_nope_head_dim": 16, "qk_rope_head_dim": 16,
                    "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 0.707,
                                     "mscale_all_dim": 0.707, "original_max_position_embeddings": 64, "type": "yarn"},
                    "routed_scaling_factor": 16.0, "topk_group": 2, "topk_method": "group_limited_greedy",
                    "transformers_version": "4.39.3", "v_head_dim": 24},
        length=72, weight_seed=104, prompt_seed=541,
        mistakes={"no group limit": {"topk_method": "greedy"}, "group score = sum of the best two": {"_group_sum": True},
                  "no routed_scaling_factor": {"routed_scaling_factor": 1.0}, "normalised": {"norm_topk_prob": True},
                  "pairs (i, i + d/2)": {"_interleaved": False}, "no rope_scaling": {"rope_scaling": None},
                  "no mscale": scaled("q_b_proj.weight", (0.0707 * math.log(40) + 1) ** -2),
                  "no shared experts": scaled("shared_experts.down_proj.weight", 0)}),
}


def random_tensors(c, seed):
    """Weights scaled so that attention is peaked, every branch matters, and logits have a standard deviation of about 2.6."""
    rng = np.random.default_rng(seed)
    tensors = {}

    def put(name, *shape, gain=1.3):
        tensors[name] = torch.from_numpy(rng.normal(0, gain * shape[-1] ** -0.5, shape)).to(torch.bfloat16)

    def put_norm(name, width, gain=1.0):
        tensors[name] = torch.from_numpy(rng.normal(gain, 0.25 * gain, width)).to(torch.bfloat16)

    def put_mlp(name, inner, gain=1.6):
        put(name + "gate_proj.weight", inner, d)
        put(name + "up_proj.weight", inner, d)
        put(name + "down_proj.weight", d, inner, gain=gain)

    d, heads = c["hidden_size"], c["num_attention_heads"]
    tied = c["tie_word_embeddings"]
    put("model.embed_tokens.weight", c["vocab_size"], d, gain=2.6 if tied else d ** 0.5)
    if not tied:
        put("lm_head.weight", c["vocab_size"], d, gain=2.6)
    put_norm("model.norm.weight", d)
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        attn, mlp = layer + "self_attn.", layer + "mlp."
        put_norm(layer + "input_layernorm.weight", d)
        put_norm(layer + "post_attention_layernorm.weight", d)
        if is_mla(c):
            nope, rope, rank, dv, q_rank = (c[k] for k in (
                "qk_nope_head_dim", "qk_rope_head_dim", "kv_lora_rank", "v_head_dim", "q_lora_rank"))
            put(attn + "q_a_proj.weight", q_rank, d)
            put_norm(attn + "q_a_layernorm.weight", q_rank)
            put(attn + "q_b_proj.weight", heads * (nope + rope), q_rank, gain=1.2)
            put(attn + "kv_a_proj_with_mqa.weight", rank + rope, d, gain=1.2)
            put_norm(attn + "kv_a_layernorm.weight", rank)
            put(attn + "kv_b_proj.weight", heads * (nope + dv), rank, gain=1.2)
            put(attn + "o_proj.weight", d, heads * dv, gain=1.6)
        else:
            width, kv_width = heads * head_dim(c), c["num_key_value_heads"] * head_dim(c)
            for name, rows in (("q", width), ("k", kv_width), ("v", kv_width)):
                put(attn + name + "_proj.weight", rows, d)
            put(attn + "o_proj.weight", d, width, gain=1.6)
            if c["model_type"] == "qwen3":
                put_norm(attn + "q_norm.weight", head_dim(c), gain=1.4)
                put_norm(attn + "k_norm.weight", head_dim(c), gain=1.4)
        if "n_routed_experts" in c and i >= c["first_k_dense_replace"]:
            put(mlp + "gate.weight", c["n_routed_experts"], d, gain=1.6)
            put_mlp(mlp + "shared_experts.", c["n_shared_experts"] * c["moe_intermediate_size"])
            gain = 1.6 / max(1, c.get("routed_scaling_factor", 1.0) / 4)  # so that experts do not drown the rest
            for e in range(c["n_routed_experts"]):
                put_mlp(mlp + f"experts.{e}.", c["moe_intermediate_size"], gain)
        else:
            put_mlp(mlp, c["intermediate_size"])
    return tensors


def random_prompt(recipe, seed):
    rng = np.random.default_rng([recipe.weight_seed, seed])
    return torch.from_numpy(np.concatenate(([0], rng.integers(2, recipe.config["vocab_size"], recipe.length - 1))))


def search(name, start):
    recipe = RECIPES[name]
    tensors = random_tensors(recipe.config, recipe.weight_seed)
    for seed in range(start, 1000000):
        if seed % 100 == 0:
            print(f"{name}: at {seed}", flush=True)
        margins, ids = Margins(), random_prompt(recipe, seed)
        forward(recipe.config, tensors, ids, margins=margins)
        if min(margins.expert, margins.group) < MIN_ROUTER_MARGIN:
            continue
        found = continue_greedily(recipe.config, tensors, ids.tolist(), margins, stop_below=MIN_GREEDY_GAP)
        if found:
            print(f"{name}: prompt_seed={seed}, greedy gap {found[1]:.3f}, margins {margins}")
            return


def write_model(name):
    recipe, folder = RECIPES[name], FIXTURES / name
    c, ids = recipe.config, random_prompt(recipe, recipe.prompt_seed)
    tensors = random_tensors(c, recipe.weight_seed)
    margins = Margins()
    logits, hidden = forward(c, tensors, ids, margins=margins)
    greedy, gap = continue_greedily(c, tensors, ids.tolist(), margins)
    exact_logits, exact_hidden = forward(c, tensors, ids, torch.float64)
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(c, indent=2, sort_keys=True) + "\n")
    save_file({k: tensors[k].contiguous() for k in sorted(tensors)}, folder / "model.safetensors", {"format": "pt"})
    save_file({"input_ids": ids.int(), "logits": logits, "hidden": hidden, "greedy": torch.tensor(greedy).int()},
              folder / "expected.safetensors")
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    print(f"{name}: logits std {logits.std():.2f}, hidden std {hidden.std():.2f}, from float64: logits "
          f"{(logits - exact_logits).abs().max():.1e}, hidden {(hidden - exact_hidden).abs().max():.1e}; "
          f"greedy gap {gap:.3f}, margins: expert {margins.expert:.1e}, group {margins.group:.1e}; bytes "
          + " / ".join(str((folder / f).stat().st_size) for f in ("model.safetensors", "expected.safetensors")))


# ---------------------------------------------------------------------------------------------------------------------
# The same models as GGUF files.


@dataclass
class GgufRecipe:
    source: str            # the Hugging Face fixture whose weights and expected values these are
    arch: str
    mla: str = ""          # "kv_b": one attn_kv_b, files from before April 2025; "split": attn_k_b and attn_v_b
    widen: bool = False    # store matrices as F32, whatever the source has
    shards: int = 1


GGUF_RECIPES = {
    "gguf-llama-gqa": GgufRecipe("llama-gqa", "llama"),
    "gguf-llama3-rope": GgufRecipe("llama3-rope", "llama", shards=2),
    "gguf-qwen2": GgufRecipe("qwen2", "qwen2"),
    "gguf-qwen3": GgufRecipe("qwen3", "qwen3", widen=True),
    "gguf-deepseek-moe": GgufRecipe("deepseek-moe", "deepseek"),
    "gguf-deepseek-v2-lite-kv_b": GgufRecipe("deepseek-v2-lite", "deepseek2", mla="kv_b"),
    "gguf-deepseek-v3-split": GgufRecipe("deepseek-v3", "deepseek2", mla="split"),
}

LAYER_NAMES = {  # Hugging Face -> GGUF, within a layer; the rest is stacked, split or permuted in gguf_tensors
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "self_attn.q_a_proj": "attn_q_a", "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
    "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm", "self_attn.kv_b_proj": "attn_kv_b",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate": "ffn_gate_inp",
    "mlp.shared_experts.gate_proj": "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp",
    "mlp.shared_experts.down_proj": "ffn_down_shexp",
}


def load_model(folder):
    tensors = {}
    for shard in sorted(folder.glob("model*.safetensors")):
        tensors |= load_file(shard)
    return json.loads((folder / "config.json").read_text()), tensors


def interleave_halves(x, heads):
    """Reorder the rows of each head so that pairs (i, i + d/2) become neighbours (2i, 2i+1)."""
    return x.view(heads, 2, -1, *x.shape[1:]).transpose(1, 2).reshape(x.shape)


def gguf_tensors(c, tensors, recipe):
    out = {"token_embd.weight": tensors["model.embed_tokens.weight"], "output_norm.weight": tensors["model.norm.weight"]}
    if not c["tie_word_embeddings"]:
        out["output.weight"] = tensors["lm_head.weight"]
    if (c.get("rope_scaling") or {}).get("rope_type") == "llama3":  # divisors of the unscaled frequencies
        out["rope_freqs.weight"] = (rotary_frequencies(c | {"rope_scaling": None}) / rotary_frequencies(c)).float()
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        names = [n[len(layer):] for n in tensors if n.startswith(layer)]
        for name in sorted(n for n in names if ".experts." not in n):
            x = tensors[layer + name]
            stem, kind = name.rsplit(".", 1)
            if kind == "e_score_correction_bias":
                out[f"blk.{i}.exp_probs_b.bias"] = x
                continue
            if recipe.arch in ("llama", "deepseek") and stem in ("self_attn.q_proj", "self_attn.k_proj"):
                x = interleave_halves(x, c["num_attention_heads" if stem.endswith("q_proj") else "num_key_value_heads"])
            if recipe.mla == "split" and stem == "self_attn.kv_b_proj":
                nope, dv = c["qk_nope_head_dim"], c["v_head_dim"]
                k, v = x.view(c["num_attention_heads"], nope + dv, -1).split((nope, dv), 1)
                out[f"blk.{i}.attn_k_b.weight"] = k.transpose(1, 2)  # [H, rank, nope]: takes q_nope to the latent
                out[f"blk.{i}.attn_v_b.weight"] = v                  # [H, dv, rank]
                continue
            out[f"blk.{i}.{LAYER_NAMES[stem]}.{kind}"] = x
        if any(".experts." in n for n in names):
            for part in ("gate", "up", "down"):
                out[f"blk.{i}.ffn_{part}_exps.weight"] = torch.stack(
                    [tensors[f"{layer}mlp.experts.{e}.{part}_proj.weight"] for e in range(c["n_routed_experts"])])
    return out


def add_metadata(w, c, recipe):
    w.add_block_count(c["num_hidden_layers"])
    w.add_context_length(c["max_position_embeddings"])
    w.add_embedding_length(c["hidden_size"])
    w.add_feed_forward_length(c["intermediate_size"])
    w.add_head_count(c["num_attention_heads"])
    w.add_head_count_kv(1 if recipe.mla == "split" else c["num_key_value_heads"])
    w.add_layer_norm_rms_eps(c["rms_norm_eps"])
    w.add_rope_freq_base(c["rope_theta"])
    w.add_vocab_size(c["vocab_size"])
    w.add_tokenizer_model("none")
    if "n_routed_experts" in c:
        w.add_leading_dense_block_count(c["first_k_dense_replace"])
        w.add_expert_count(c["n_routed_experts"])
        w.add_expert_used_count(c["num_experts_per_tok"])
        w.add_expert_shared_count(c["n_shared_experts"])
        w.add_expert_feed_forward_length(c["moe_intermediate_size"])
        w.add_expert_weights_scale(c.get("routed_scaling_factor", 1.0))
    if recipe.arch == "deepseek2":
        w.add_expert_weights_norm(c["norm_topk_prob"])
        w.add_expert_gating_func(gguf.ExpertGatingFuncType[c["scoring_func"].upper()])
        w.add_expert_group_count(c["n_group"])
        w.add_expert_group_used_count(c["topk_group"])
        rank, rope = c["kv_lora_rank"], c["qk_rope_head_dim"]
        w.add_kv_lora_rank(rank)
        if c["q_lora_rank"]:
            w.add_q_lora_rank(c["q_lora_rank"])
        key, value = c["qk_nope_head_dim"] + rope, c["v_head_dim"]
        if recipe.mla == "split":  # attention seen as one key-value head over the latent
            w.add_key_length(rank + rope)
            w.add_value_length(rank)
            w.add_key_length_mla(key)
            w.add_value_length_mla(value)
        else:
            w.add_key_length(key)
            w.add_value_length(value)
        w.add_rope_dimension_count(rope)
        s = c["rope_scaling"]
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        w.add_rope_scaling_factor(s["factor"])
        w.add_rope_scaling_orig_ctx_len(s["original_max_position_embeddings"])
        w.add_rope_scaling_yarn_log_mul(0.1 * s["mscale_all_dim"])
    elif recipe.arch in ("llama", "deepseek"):
        w.add_rope_dimension_count(head_dim(c))
    if recipe.arch != "deepseek2" and c.get("head_dim"):
        w.add_key_length(c["head_dim"])
        w.add_value_length(c["head_dim"])


def write_gguf(name, folder=None, widen=False):
    recipe = GGUF_RECIPES[name]
    c, tensors = load_model(FIXTURES / recipe.source)
    folder = folder or FIXTURES / name
    folder.mkdir(exist_ok=True)
    out = gguf_tensors(c, tensors, recipe)
    shards = {}
    if recipe.shards > 1:  # at most this many tensors in each file
        shards = {"split_max_tensors": -(-len(out) // recipe.shards)}
    w = gguf.GGUFWriter(folder / "model.gguf", recipe.arch, **shards)
    add_metadata(w, c, recipe)
    for key, x in out.items():
        keep = x.dim() > 1 and not key.endswith("ffn_gate_inp.weight") and not (recipe.widen or widen)
        x = x.contiguous()
        if keep and x.dtype == torch.bfloat16:
            w.add_tensor(key, x.view(torch.uint8).numpy(), raw_dtype=gguf.GGMLQuantizationType.BF16)
        else:
            w.add_tensor(key, (x if keep else x.float()).numpy())
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    (folder / "same_as.txt").write_text(f"../{recipe.source}\n")
    print(name, *(f"{f.name} {f.stat().st_size}" for f in sorted(folder.glob("*.gguf"))))


# ---------------------------------------------------------------------------------------------------------------------
# Checks.


def compare(name, logits, hidden, expected, against):
    dl, dh = (logits - expected["logits"]).abs().max().item(), (hidden - expected["hidden"]).abs().max().item()
    print(f"  {name:18} against {against:13} logits {dl:.1e}  hidden {dh:.1e}{'' if dl < 1e-3 and dh < 2e-3 else '  TOO FAR'}")
    return dl < 1e-3 and dh < 2e-3


def check_with_transformers(name, folder, ids, expected, **options):
    """The same file read by transformers; None if it has no such model."""
    import transformers
    if name in ("deepseek-moe", "deepseek-v3-fp8"):  # it has no DeepseekForCausalLM, and misreads partial FP8 blocks
        return None
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", **options).eval()
    layers = []
    for layer in model.model.layers:  # output_hidden_states would give the last one after the final norm
        layer.register_forward_hook(lambda m, i, o: layers.append(o[0] if isinstance(o, tuple) else o))
    logits = model(ids[None]).logits[0]
    hidden = torch.stack([model.model.embed_tokens(ids)] + [x.view(len(ids), -1) for x in layers])
    return compare(name, logits, hidden, expected, "transformers")


@torch.no_grad()
def check():
    try:
        import transformers  # noqa: F401
        have_transformers = True
    except ImportError:
        have_transformers = False
    good = True
    for folder in sorted(f.parent for f in FIXTURES.glob("*/expected.safetensors")):
        c, tensors = load_model(folder)
        expected = load_file(folder / "expected.safetensors")
        ids, margins = expected["input_ids"].long(), Margins()
        good &= compare(folder.name, *forward(c, tensors, ids, margins=margins), expected, "float32")
        good &= compare(folder.name, *forward(c, tensors, ids, torch.float64), expected, "float64")
        greedy, gap = continue_greedily(c, tensors, ids.tolist(), margins)
        same = greedy == expected["greedy"].tolist()
        good &= same
        print(f"  {'':18} greedy {'equal' if same else 'DIFFERENT'}, gap {gap:.3f}, margins: "
              f"expert {margins.expert:.1e}, group {margins.group:.1e}")
        if have_transformers:
            good &= check_with_transformers(folder.name, folder, ids, expected) is not False
    for name, recipe in GGUF_RECIPES.items():
        good &= check_gguf(name, recipe, have_transformers)
    print("all good" if good else "SOMETHING DIFFERS")
    raise SystemExit(0 if good else 1)


def check_gguf(name, recipe, have_transformers):
    """The file holds what its source holds, bit for bit, and (where transformers reads the architecture) computes the same."""
    c, tensors = load_model(FIXTURES / recipe.source)
    stored = {}
    for shard in sorted((FIXTURES / name).glob("*.gguf")):
        for t in gguf.GGUFReader(shard).tensors:
            values = gguf.quants.dequantize(t.data, t.tensor_type) if t.tensor_type != gguf.GGMLQuantizationType.F16 else t.data
            stored[t.name] = torch.from_numpy(np.array(values, np.float32)).view(*reversed(t.shape.tolist()))
    wanted = gguf_tensors(c, tensors, recipe)
    good = stored.keys() == wanted.keys() and all(torch.equal(stored[k], x.float()) for k, x in wanted.items())
    print(f"  {name:28} {len(stored)} tensors {'equal to' if good else 'DIFFERENT FROM'} {recipe.source}")
    if have_transformers and recipe.arch in ("llama", "qwen2") and recipe.shards == 1:  # it ignores qwen3.attention.key_length
        expected = load_file(FIXTURES / recipe.source / "expected.safetensors")
        good &= check_with_transformers(name, FIXTURES / name, expected["input_ids"].long(), expected, gguf_file="model.gguf")
    return good


def mistakes():
    for name, recipe in RECIPES.items():
        c, tensors = load_model(FIXTURES / name)
        ids = random_prompt(recipe, recipe.prompt_seed)
        right, _ = forward(c, tensors, ids)
        for what, change in recipe.mistakes.items():
            changed = (c, change(tensors)) if callable(change) else (c | change, tensors)
            wrong, _ = forward(*changed, ids)
            print(f"  {name:14} {what:34} max logit change {(wrong - right).abs().max():.2f}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("action", choices=["check", "write", "search", "mistakes"])
    p.add_argument("names", nargs="*", help="fixtures to write (default all), or recipes to search")
    p.add_argument("--start", type=int, default=1, help="first prompt seed that search tries")
    a = p.parse_args()
    torch.set_num_threads(1)  # a fixed order of summation
    if a.action == "check":
        check()
    elif a.action == "mistakes":
        mistakes()
    elif a.action == "search":
        for name in a.names or RECIPES:
            search(name, a.start)
    else:
        for name in a.names or [*RECIPES, *GGUF_RECIPES]:
            (write_model if name in RECIPES else write_gguf)(name)


if __name__ == "__main__":
    main()
