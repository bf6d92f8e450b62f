"""Tokens per second of training: ergon beside PyTorch, in turns.

    python bench/train_vs_torch.py build/bench/bench/bench_train [--seconds 10] [--turns 3]

Needs the Python packages torch and transformers. The shapes are those of bench_train: a dense Llama and a
DeepSeek-V3, 16 sequences of 256 tokens, F32, AdamW. PyTorch has transformers' own models; each is timed as it is and
compiled, and the better counts. V3's experts have two ways in transformers (`experts_implementation`); all that the
version has are tried as well.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

SEQUENCE, SEQUENCES, VOCABULARY = 256, 16, 2048
SHARED = dict(
    vocab_size=VOCABULARY, hidden_size=256, intermediate_size=688, num_hidden_layers=6, num_attention_heads=8,
    num_key_value_heads=8, max_position_embeddings=SEQUENCE, rms_norm_eps=1e-6, tie_word_embeddings=True,
    use_cache=False)


def model_of(shape, experts):
    import torch
    import transformers

    torch.manual_seed(1)
    if shape == "dense":
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**SHARED))
    config = transformers.DeepseekV3Config(
        **SHARED, q_lora_rank=None, kv_lora_rank=64, qk_nope_head_dim=32, qk_rope_head_dim=16, v_head_dim=32,
        n_routed_experts=16, n_shared_experts=1, num_experts_per_tok=3, moe_intermediate_size=172,
        first_k_dense_replace=0, n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=2.5)
    if experts:
        config._experts_implementation = experts
    return transformers.DeepseekV3ForCausalLM(config)


def measure(shape, experts, compiled, seconds):
    """Runs in a process of its own, so that memory is of this way alone."""
    import torch

    torch.set_num_threads(len(__import__("os").sched_getaffinity(0)))
    model = model_of(shape, experts)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    run = torch.compile(model) if compiled else model
    generator = torch.Generator().manual_seed(1)

    def step():
        ids = torch.randint(VOCABULARY, (SEQUENCES, SEQUENCE), generator=generator)
        loss = run(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return loss.item()

    first = step()
    assert abs(first - 7.62) < 0.5, first  # ln 2048
    step()
    rates, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(rates) < 3:
        start = time.perf_counter()
        step()
        rates.append(SEQUENCE * SEQUENCES / (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"tokens_per_second": statistics.median(rates), "megabytes": (peak - before) / 1024}))


def torch_ways(shape):
    ways = [(None, False), (None, True)]
    if shape == "sparse":
        ways += [(one, compiled) for one in ("eager", "batched_mm", "grouped_mm") for compiled in (False, True)]
    return ways


def run_torch(shape, way, seconds):
    command = [sys.executable, __file__, "--measure", shape, str(way[0] or ""), str(int(way[1])), str(seconds)]
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(outcome.stdout.splitlines()[-1]) if outcome.returncode == 0 else None


def run_ergon(program, seconds):
    found = {}
    for line in subprocess.run([program, str(seconds)], capture_output=True, text=True, check=True).stdout.splitlines():
        name, rest = line.split(":", 1)
        found[name] = float(rest.split()[0])
        print("  ergon", line)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench_train")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    best = {}
    for shape in ("dense", "sparse"):
        tried = {}
        for way in torch_ways(shape):
            result = run_torch(shape, way, options.seconds / 2)
            print(f"  PyTorch {shape} {way}: {result}")
            if result:
                tried[way] = result["tokens_per_second"]
        best[shape] = max(tried, key=tried.get)
        print(f"{shape}: PyTorch is quickest with {best[shape]}")
    ratios = {"dense": [], "sparse": []}
    for _ in range(options.turns):
        ergon = run_ergon(options.bench_train, options.seconds)
        for shape, way in best.items():
            torch_result = run_torch(shape, way, options.seconds)
            ratios[shape].append(ergon[shape] / torch_result["tokens_per_second"])
            print(f"  PyTorch {shape}: {torch_result}; ergon is {ratios[shape][-1]:.2f} times as fast")
    for shape, found in ratios.items():
        print(f"{shape}: ergon over PyTorch, median of {options.turns} turns: {statistics.median(found):.2f} {found}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], sys.argv[4] == "1", float(sys.argv[5]))
    else:
        main()
