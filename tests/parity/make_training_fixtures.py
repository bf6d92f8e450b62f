#!/usr/bin/env python3
"""Tiny models with the loss and every gradient that PyTorch gives in float64.

    make_training_fixtures.py write    make tests/fixtures/training-* anew
    make_training_fixtures.py check    compare the gradients with central differences in float64, and the reference with
                                       transformers' models (plain cross-entropy)

The model is make_fixtures.py's plain reference; here its losses are added: weighted cross-entropy, multi-token prediction
(DeepSeek-V3, section 2.2) and the sequence-wise balance loss (section 2.1.2). Needs: pip install torch numpy safetensors
gguf; `check` also transformers.
"""
import argparse
import json
import math

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from make_fixtures import FIXTURES, Margins, Weights, attention_gqa, attention_mla, experts, is_mla, rms_norm, rotary_frequencies, swiglu

COMMON = {"attention_bias": False, "hidden_act": "silu", "hidden_size": 32, "intermediate_size": 44, "max_position_embeddings": 256,
          "num_hidden_layers": 2, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "float32",
          "vocab_size": 61}
MLA = COMMON | {"kv_lora_rank": 20, "qk_nope_head_dim": 10, "qk_rope_head_dim": 6, "v_head_dim": 9, "num_attention_heads": 4,
                "num_key_value_heads": 4, "moe_intermediate_size": 13, "n_shared_experts": 1, "first_k_dense_replace": 1,
                "moe_layer_freq": 1, "ep_size": 1}
CASES = {
    "llama": COMMON | {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_attention_heads": 4,
                       "num_key_value_heads": 2, "head_dim": 8, "rope_scaling": None, "tie_word_embeddings": True},
    "v2": MLA | {"architectures": ["DeepseekV2ForCausalLM"], "model_type": "deepseek_v2", "q_lora_rank": None, "n_group": 3,
                 "n_routed_experts": 6, "num_experts_per_tok": 2, "topk_group": 2, "topk_method": "group_limited_greedy",
                 "norm_topk_prob": False, "routed_scaling_factor": 3.0, "scoring_func": "softmax",
                 "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 4, "mscale": 0.707, "mscale_all_dim": 0.707,
                                  "original_max_position_embeddings": 64, "type": "yarn"}},
    "v3": MLA | {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "q_lora_rank": 14, "n_group": 4,
                 "n_routed_experts": 8, "num_experts_per_tok": 3, "topk_group": 2, "topk_method": "noaux_tc",
                 "norm_topk_prob": True, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "num_nextn_predict_layers": 1,
                 "rope_scaling": None},
}
MTP_FACTOR, SEQUENCE_LOSS = 0.3, 0.05
DOCUMENTS = (21, 1, 34)  # tokens; one too short to predict anything
MIN_MARGIN = 1e-4


def random_model(c, seed):
    """Weights large enough that attention is peaked and every branch matters."""
    rng = np.random.default_rng(seed)
    tensors = {}

    def put(name, *shape, gain=1.3):
        tensors[name] = torch.from_numpy(rng.normal(0, gain * shape[-1] ** -0.5, shape)).float()

    def put_norm(name, width):
        tensors[name] = torch.from_numpy(rng.normal(1, 0.25, width)).float()

    def put_mlp(name, inner):
        put(name + "gate_proj.weight", inner, d)
        put(name + "up_proj.weight", inner, d)
        put(name + "down_proj.weight", d, inner)

    def put_layer(i):
        layer = f"model.layers.{i}."
        put_norm(layer + "input_layernorm.weight", d)
        put_norm(layer + "post_attention_layernorm.weight", d)
        attn, mlp, heads = layer + "self_attn.", layer + "mlp.", c["num_attention_heads"]
        if is_mla(c):
            nope, rope, rank, dv = (c[k] for k in ("qk_nope_head_dim", "qk_rope_head_dim", "kv_lora_rank", "v_head_dim"))
            if c["q_lora_rank"]:
                put(attn + "q_a_proj.weight", c["q_lora_rank"], d)
                put_norm(attn + "q_a_layernorm.weight", c["q_lora_rank"])
                put(attn + "q_b_proj.weight", heads * (nope + rope), c["q_lora_rank"])
            else:
                put(attn + "q_proj.weight", heads * (nope + rope), d)
            put(attn + "kv_a_proj_with_mqa.weight", rank + rope, d)
            put_norm(attn + "kv_a_layernorm.weight", rank)
            put(attn + "kv_b_proj.weight", heads * (nope + dv), rank)
            put(attn + "o_proj.weight", d, heads * dv)
        else:
            width, kv_width = heads * c["head_dim"], c["num_key_value_heads"] * c["head_dim"]
            for name, rows in (("q", width), ("k", kv_width), ("v", kv_width)):
                put(attn + name + "_proj.weight", rows, d)
            put(attn + "o_proj.weight", d, width)
        if "n_routed_experts" in c and i >= c["first_k_dense_replace"]:
            put(mlp + "gate.weight", c["n_routed_experts"], d, gain=1.6)
            if c["topk_method"] == "noaux_tc":
                tensors[mlp + "gate.e_score_correction_bias"] = torch.from_numpy(rng.normal(0, 0.1, c["n_routed_experts"])).float()
            put_mlp(mlp + "shared_experts.", c["n_shared_experts"] * c["moe_intermediate_size"])
            for e in range(c["n_routed_experts"]):
                put_mlp(mlp + f"experts.{e}.", c["moe_intermediate_size"])
        else:
            put_mlp(mlp, c["intermediate_size"])

    d = c["hidden_size"]
    put("model.embed_tokens.weight", c["vocab_size"], d, gain=2)
    if not c["tie_word_embeddings"]:
        put("lm_head.weight", c["vocab_size"], d, gain=2)
    put_norm("model.norm.weight", d)
    for i in range(c["num_hidden_layers"]):
        put_layer(i)
    if c.get("num_nextn_predict_layers"):
        i = c["num_hidden_layers"]
        put_layer(i)
        for name in ("enorm", "hnorm", "shared_head.norm"):
            put_norm(f"model.layers.{i}.{name}.weight", d)
        put(f"model.layers.{i}.eh_proj.weight", d, 2 * d)
    return tensors


def balance_loss(c, gate, y):
    """alpha * sum f_i P_i over one document (DeepSeek-V3, equations 17 to 20)."""
    z, k, n = y @ gate.T, c["num_experts_per_tok"], c["n_routed_experts"]
    score = z.sigmoid() if c["scoring_func"] == "sigmoid" else z.softmax(-1)
    counts = torch.zeros(n, dtype=y.dtype).index_add_(0, score.topk(k).indices.flatten(), torch.ones(len(y) * k, dtype=y.dtype))
    f = counts * n / (k * len(y))
    return SEQUENCE_LOSS * (f * (score / score.sum(-1, keepdim=True)).mean(0)).sum()


def layer(c, w, x, angles, has_experts, margins):
    """One block -> its output and its balance loss."""
    attention = attention_mla if is_mla(c) else attention_gqa
    x = x + attention(c, w.under("self_attn."), rms_norm(x, w("input_layernorm.weight"), c["rms_norm_eps"]), angles)
    y = rms_norm(x, w("post_attention_layernorm.weight"), c["rms_norm_eps"])
    if not has_experts:
        return x + swiglu(w.under("mlp."), y), 0
    return x + experts(c, w.under("mlp."), y, margins), balance_loss(c, w("mlp.gate.weight"), y)


def losses(c, tensors, ids, weights, margins=None, mtp=True, dtype=torch.float64):
    """One document [T] with weights [T - 1] -> weighted cross-entropy, that of multi-token prediction, balance loss."""
    w, eps, margins = Weights(tensors, dtype), c["rms_norm_eps"], margins or Margins()
    angles = (torch.arange(len(ids), dtype=torch.float64)[:, None] * rotary_frequencies(c).double()).to(dtype)
    is_moe = lambda i: "n_routed_experts" in c and i >= c["first_k_dense_replace"]
    embedding = w("model.embed_tokens.weight")
    head = embedding if c["tie_word_embeddings"] else w("lm_head.weight")
    x, balance = embedding[ids], torch.zeros((), dtype=dtype)
    for i in range(c["num_hidden_layers"]):
        x, more = layer(c, w.under(f"model.layers.{i}."), x, angles, is_moe(i), margins)
        balance = balance + more
    h = rms_norm(x, w("model.norm.weight"), eps)
    cross_entropy = lambda rows, targets: torch.nn.functional.cross_entropy(rows @ head.T, targets, reduction="none")
    main = (weights * cross_entropy(h[:-1], ids[1:])).sum()
    two = torch.zeros((), dtype=dtype)
    if mtp and c.get("num_nextn_predict_layers"):
        i = c["num_hidden_layers"]
        m = w.under(f"model.layers.{i}.")
        following = torch.cat((ids[1:], ids[-1:]))
        joined = torch.cat((rms_norm(embedding[following], m("enorm.weight"), eps), rms_norm(h, m("hnorm.weight"), eps)), -1)
        x, more = layer(c, m, joined @ m("eh_proj.weight").T, angles, is_moe(i), margins)
        balance = balance + more
        out = rms_norm(x, m("shared_head.norm.weight"), eps)
        two = (weights[1:] * cross_entropy(out[:-2], ids[2:])).sum() if len(ids) > 2 else two
    return main, two, balance


def documents(c, seed):
    rng = np.random.default_rng([seed, 1])
    ids = [rng.integers(0, c["vocab_size"], n).tolist() for n in DOCUMENTS]
    weights = [np.round(rng.random(n - 1) * (rng.random(n - 1) > 0.25), 3).tolist() for n in DOCUMENTS]
    return ids, weights


def gradients(c, tensors, ids, weights, margins=None, dtype=torch.float64):
    leaves = {k: v.to(dtype, copy=True).requires_grad_() for k, v in tensors.items()}
    sums = [torch.zeros((), dtype=dtype)] * 3
    for one, w in zip(ids, weights):
        for i, loss in enumerate(losses(c, leaves, torch.tensor(one), torch.tensor(w, dtype=dtype), margins, dtype=dtype)):
            sums[i] = sums[i] + loss
    (sums[0] + MTP_FACTOR * sums[1] + (sums[2] if c["model_type"] == "deepseek_v3" else 0)).backward()
    return [s.item() for s in sums], {k: v.grad for k, v in leaves.items() if v.grad is not None}


def write():
    for name, c in CASES.items():
        for seed in range(1000):  # until no expert is chosen by a hair, which float32 could decide otherwise
            tensors, margins = random_model(c, seed), Margins()
            ids, weights = documents(c, seed)
            sums, grads = gradients(c, tensors, ids, weights, margins)
            if min(margins.expert, margins.group) > MIN_MARGIN:
                break
        else:
            raise SystemExit(f"{name}: no seed has margins of {MIN_MARGIN}")
        # What rounding does to PyTorch's own gradients in float32, as a share of each tensor's largest.
        rounded = gradients(c, tensors, ids, weights, dtype=torch.float32)[1]
        noise = max(((rounded[k].double() - v).abs().max() / v.abs().max()).item() for k, v in grads.items())
        folder = FIXTURES / f"training-{name}"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(c, indent=2) + "\n")
        save_file(tensors, folder / "model.safetensors")
        save_file({k: v.float().contiguous() for k, v in grads.items()}, folder / "gradients.safetensors")
        case = {"seed": seed, "documents": ids, "weights": weights, "loss": sums[0], "mtp_loss": sums[1],
                "mtp_factor": MTP_FACTOR, "float32_noise": noise, "balance_loss": sums[2] if name == "v3" else 0,
                "sequence_loss": SEQUENCE_LOSS if name == "v3" else 0}
        (folder / "case.json").write_text(json.dumps(case) + "\n")
        print(f"{name}: seed {seed}, losses {sums}, closest choices {margins.expert:.1e} {margins.group:.1e}, noise {noise:.1e}")


def total(c, tensors, case):
    """The whole loss in float64."""
    sums = [sum(one) for one in zip(*(losses(c, tensors, torch.tensor(ids), torch.tensor(w, dtype=torch.float64))
                                      for ids, w in zip(case["documents"], case["weights"])))]
    return (sums[0] + MTP_FACTOR * sums[1] + (sums[2] if c["model_type"] == "deepseek_v3" else 0)).item()


def check_differences(name, c, folder, case):
    """The stored gradients against central differences, along a random direction for each tensor. Experts are chosen
    with a margin, so that the loss is smooth; a step of 1e-5 leaves about 1e-10 of its third derivative."""
    tensors = {k: v.double() for k, v in load_file(folder / "model.safetensors").items()}
    worst, rng = 0, np.random.default_rng(7)
    for key, gradient in load_file(folder / "gradients.safetensors").items():
        direction = torch.from_numpy(rng.normal(0, 1, gradient.shape))
        moved = lambda step: tensors | {key: tensors[key] + step * direction}
        with torch.no_grad():
            difference = (total(c, moved(1e-5), case) - total(c, moved(-1e-5), case)) / 2e-5
        expected = (gradient.double() * direction).sum().item()
        worst = max(worst, abs(difference - expected) / (gradient.double() * direction).abs().sum().item())
    print(f"{name}: central differences differ by at most {worst:.1e} of the sum of magnitudes")
    assert worst < 1e-6  # gradients are stored in float32


def check():
    import transformers
    for name, c in CASES.items():
        folder = FIXTURES / f"training-{name}"
        tensors, case = load_file(folder / "model.safetensors"), json.loads((folder / "case.json").read_text())
        check_differences(name, c, folder, case)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager",
                                                                  experts_implementation="eager")
        leaves = {k: v.double().requires_grad_() for k, v in tensors.items()}
        ids = torch.tensor(case["documents"][0])
        weights = torch.tensor(case["weights"][0], dtype=torch.float64)
        losses(c, leaves, ids, weights, mtp=False)[0].backward()
        logits = model(ids[None]).logits[0]
        (weights * torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction="none")).sum().backward()
        worst, compared = 0, 0
        for key, parameter in model.named_parameters():
            found = parameter.grad
            if key in leaves:
                expected = leaves[key].grad
            elif ".mlp.experts." in key:  # transformers stacks the experts of a layer
                prefix, which = key.rsplit("experts.", 1)
                names = ("gate_proj", "up_proj") if which == "gate_up_proj" else ("down_proj",)
                one = lambda e, n: leaves[f"{prefix}experts.{e}.{n}.weight"]
                grad = lambda x: x.grad if x.grad is not None else torch.zeros_like(x)
                expected = torch.stack([torch.cat([grad(one(e, n)) for n in names]) for e in range(c["n_routed_experts"])])
            else:
                raise SystemExit(f"{name}: {key} is not in the reference")
            if found is None or expected is None:
                assert found is None and expected is None, key
                continue
            worst = max(worst, ((found - expected).abs().max() / expected.abs().max()).item())
            compared += expected.numel()
        print(f"{name}: {compared} gradients, worst difference {worst:.1e} of the tensor's largest")
        assert worst < 1e-5  # their norms, softmax and router compute in float32 (2^-24 = 6e-8) whatever the type of the model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("write", "check"))
    {"write": write, "check": check}[parser.parse_args().command]()
