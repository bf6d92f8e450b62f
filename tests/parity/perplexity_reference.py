#!/usr/bin/env python3
"""Perplexity and greedy answers of two real models in float32: the figures in tests/fixtures/text/reference.json.

    perplexity_reference.py MODELS_DIR [--text english.txt] [--out reference.json]

MODELS_DIR holds the two GGUF files named in MODELS. Needs: pip install torch transformers accelerate gguf
(versions are recorded).

How the figure is defined, so that another engine can compute the same one:
  1. Tokenise the whole text as plain text; put BOS before it only if the file's `tokenizer.ggml.add_bos_token` is true.
  2. Cut into consecutive windows of 512 tokens that do not overlap; drop the incomplete last one.
  3. Run each window alone, from position 0 with an empty cache.
  4. Score the second half: tokens 256..511, each predicted from the logits one position before (255..510).
  5. perplexity = exp(mean over all scored tokens of all windows of -ln p(token)), ln p in float64 from float32 logits.

The weights are the file's quantised blocks widened to float32, activations are float32 throughout. An engine that
quantises activations differs by what that costs, so this is the figure against which such a loss is measured.
"""
import argparse
import hashlib
import importlib.metadata
import json
import math
from pathlib import Path

import gguf
import torch
import transformers

MODELS = ["smollm2-135m-instruct-q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"]
WINDOW = 512
QUESTION = "What is the capital of France?"
ANSWER_TOKENS = 32
TEXTS = Path(__file__).resolve().parent.parent / "fixtures" / "text"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def token_losses(model, ids):
    """-ln p of tokens 1.. of one window, each given all tokens before it. Float64 [len(ids) - 1]."""
    logits = model(torch.tensor([ids])).logits[0].double()
    return -torch.log_softmax(logits[:-1], -1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]


def perplexity(model, ids):
    windows = [ids[i:i + WINDOW] for i in range(0, len(ids) - WINDOW + 1, WINDOW)]
    # losses[j] belongs to token j + 1, so the loss of token 256 is at index 255.
    losses = [token_losses(model, w)[WINDOW // 2 - 1:] for w in windows]
    return {
        "perplexity": math.exp(torch.cat(losses).mean()),
        "tokens_scored": sum(len(x) for x in losses),
        "windows": len(windows),
        "window_mean_nll": [round(x.mean().item(), 6) for x in losses],
    }


def greedy(model, prompt):
    """ANSWER_TOKENS argmax steps (end markers do not stop it), and each step's distance from the best logit to the next."""
    ids, gaps = list(prompt), []
    for _ in range(ANSWER_TOKENS):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        ids.append(best.indices[0].item())
        gaps.append((best.values[0] - best.values[1]).item())
    return ids[len(prompt):], gaps


@torch.no_grad()
def measure(path, text):
    fields = gguf.GGUFReader(path).fields
    add_bos = "tokenizer.ggml.add_bos_token" in fields and bool(fields["tokenizer.ggml.add_bos_token"].contents())
    eos = fields["tokenizer.ggml.eos_token_id"].contents()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager").eval()

    ids = tokenizer(text, add_special_tokens=False).input_ids
    if add_bos:
        ids = [fields["tokenizer.ggml.bos_token_id"].contents()] + ids
    result = {"sha256": sha256(path), "tokens": len(ids), "add_bos": add_bos, "first_ids": ids[:16]}
    result.update(perplexity(model, ids))

    prompt_text = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}], add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(prompt_text, add_special_tokens=False).input_ids
    answer, gaps = greedy(model, prompt)
    stop = answer.index(eos) if eos in answer else len(answer)
    result.update(prompt_text=prompt_text, prompt_ids=prompt, greedy_ids=answer, greedy_stop=stop,
                  greedy_text=tokenizer.decode(answer[:stop]),
                  greedy_gap=round(min(gaps[:stop + 1]), 4), greedy_gap_all=round(min(gaps), 4))
    return result


def json_with_short_lists(value, indent=""):
    """JSON with one line per key and lists kept on one line."""
    if not isinstance(value, dict):
        return json.dumps(value)
    inner = indent + "  "
    rows = [f"{inner}{json.dumps(k)}: {json_with_short_lists(v, inner)}" for k, v in value.items()]
    return "{\n" + ",\n".join(rows) + "\n" + indent + "}" + ("" if indent else "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", type=Path)
    p.add_argument("--text", type=Path, default=TEXTS / "english.txt")
    p.add_argument("--out", type=Path, default=TEXTS / "reference.json")
    a = p.parse_args()
    packages = ["transformers", "torch", "gguf"]
    reference = {
        "command": "perplexity_reference.py MODELS_DIR",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "text": a.text.name,
        "text_sha256": sha256(a.text),
        "window": WINDOW,
        "scored": "second half of each window",
        "question": QUESTION,
        "models": {},
    }
    for name in MODELS:
        reference["models"][name] = r = measure(a.models / name, a.text.read_text(encoding="utf-8"))
        print(f"{name}: perplexity {r['perplexity']:.4f} over {r['tokens_scored']} tokens in {r['windows']} windows; "
              f"answer {r['greedy_text']!r}, smallest gap {r['greedy_gap']}")
    a.out.write_text(json_with_short_lists(reference), encoding="utf-8")


if __name__ == "__main__":
    main()
