"""Sparse against dense at the size of a real model: speed and joules per token of DeepSeek-V2-Lite's shape, of a dense one with
as many active values, and of a dense one with as many in all. Writes data/shapes.json, which `ergon compare` shows beside models
that are too small to tell.

    cmake --preset release -B build/bench -DERGON_BENCH=ON && cmake --build build/bench --target v2_lite_shape ergon
    python3 bench/shapes.py build/bench [--turns 3] [--folder ~/.cache/ergon/synth]

Takes 19 GB of disk and as much memory as the larger files have (9 GB), one at a time. The three take turns.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess

SHAPES = {
    "sparse": "V2-Lite's: 64 experts, 6 of them used, 2 shared",
    "active": "dense, as many values per token",
    "total": "dense, as many values in all",
}
PROMPT, GENERATED = 128, 24
DATA = pathlib.Path(__file__).resolve().parent.parent / "data/shapes.json"


def bench(program, file):
    arguments = [program, "bench", file, "--prompt-tokens", PROMPT, "--generate-tokens", GENERATED, "--repeats", 1, "--json"]
    return {one["test"]: one for one in json.loads(subprocess.check_output(map(str, arguments)))}


def figure(runs):
    """The median run's joules with its interval (the number of runs is odd)."""
    return sorted((one["joules_per_token"] for one in runs), key=lambda one: one["value"])[len(runs) // 2]


def ratio(runs, others):
    """Of joules per generated token, turn by turn, in which what the machine draws is the same: median and range."""
    ratios = [one["decode"]["joules_per_token"]["value"] / other["decode"]["joules_per_token"]["value"]
              for one, other in zip(runs, others)]
    return {"value": statistics.median(ratios), "low": min(ratios), "high": max(ratios)}


def machine():
    """"AMD EPYC, family 25, model 17; avx2; 2 threads"."""
    facts = {}
    for line in open("/proc/cpuinfo"):
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = [flag for flag in ("avx2", "avx512f", "avx512_vnni") if flag in facts.get("flags", "").split()]
    return (f"{facts.get('model name', 'unknown processor')}, family {facts.get('cpu family')}, model {facts.get('model')}; "
            f"{', '.join(flags)}; {os.cpu_count()} threads")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path.home() / ".cache/ergon/synth")
    options = parser.parse_args()
    if options.turns % 2 == 0:
        parser.error("--turns must be odd, so that there is a median run.")
    options.folder.mkdir(parents=True, exist_ok=True)
    ergon = options.build / "ergon"
    files = {shape: options.folder / f"v2-lite-{shape}-q4_0.gguf" for shape in SHAPES}
    for shape, file in files.items():
        if not file.exists():
            subprocess.run([options.build / "bench/v2_lite_shape", file, shape], check=True)
    runs = {shape: [] for shape in SHAPES}
    for turn in range(options.turns):
        for shape, file in files.items():
            runs[shape].append(bench(ergon, file))
            print(turn, shape, {test: round(one["tokens_per_second"], 2) for test, one in runs[shape][-1].items()}, flush=True)
    shapes = []
    for shape, what in SHAPES.items():
        details = json.loads(subprocess.check_output([ergon, "inspect", files[shape], "--json"]))
        row = {"shape": what, "parameters": details["parameters"], "bytes": os.path.getsize(files[shape])}
        for test in ("prefill", "decode"):
            of = [run[test] for run in runs[shape]]
            row[test] = {"tokens_per_second": statistics.median(one["tokens_per_second"] for one in of),
                         "joules_per_token": figure(of)}
        if shape != "sparse":
            row["joules_of_sparse"] = ratio(runs[shape], runs["sparse"])
        shapes.append(row)
    DATA.write_text(json.dumps({"measured": datetime.date.today().isoformat(), "command": f"python3 bench/shapes.py {options.build} --turns {options.turns}",
                                "prompt_tokens": PROMPT, "generated_tokens": GENERATED, "turns": options.turns,
                                "machine": machine(), "shapes": shapes}, indent=2) + "\n")


if __name__ == "__main__":
    main()
