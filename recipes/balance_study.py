"""Balance of experts by bias and by penalty, over paired seeds: MaxVio and loss, with 95% intervals (t).

    make -C recipes ../build/recipes/words/tokenizer.json
    python3 recipes/balance_study.py build/release/ergon [--seeds 5] [--set KEY=VALUE ...]

Runs land in build/recipes/balance and go on where they were; a run that is done is read, not repeated. Figures are means
over the last quarter of the steps.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import zlib

HERE = pathlib.Path(__file__).resolve().parent
RUNS = HERE.parent / "build/recipes/balance"
METHODS = {
    "none": [],
    "bias 0.001": ["balance.bias_step=0.001"],
    "bias 0.01": ["balance.bias_step=0.01"],
    "bias 0.001 and sequence loss": ["balance.bias_step=0.001", "balance.sequence_loss=0.0001"],
    "penalty 0.001": ["balance.batch_loss=0.001"],
    "penalty 0.01": ["balance.batch_loss=0.01"],
}
REFERENCE = "bias 0.01"
# Student's t, two-sided 95%, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def run(program, method, seed, settings):
    depends = (HERE / "balance.toml").read_text() + " ".join(METHODS[method] + settings)
    folder = RUNS / f"{method.replace(' ', '-')}-{seed}-{zlib.crc32(depends.encode()):08x}"
    if not (folder / "model").exists():
        arguments = [program, "train", HERE / "balance.toml", "--out", folder, "--set", f"training.seed={seed}"]
        for one in METHODS[method] + settings:
            arguments += ["--set", one]
        if (folder / "log.jsonl").exists():
            arguments.append("--resume")
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in open(folder / "log.jsonl")]
    last = lines[-len(lines) // 4:]
    return {key: statistics.mean(line[key] for line in last) for key in ("loss", "max_violation")}


def with_interval(values):
    mean = statistics.mean(values)
    reach = T95[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:.4f} [{mean - reach:.4f}, {mean + reach:.4f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ergon")
    parser.add_argument("--seeds", type=int, default=5, choices=range(2, 11))
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    found = {method: [] for method in METHODS}
    for seed in range(1, options.seeds + 1):
        for method in METHODS:
            found[method].append(run(options.ergon, method, seed, options.set))
            print(seed, method, found[method][-1], flush=True)
    print(f"| method ({options.seeds} seeds) | MaxVio | loss | MaxVio over that of {REFERENCE} | loss over it |")
    print("|---|---|---|---|---|")
    for method, runs in found.items():
        cells = [with_interval([r[key] for r in runs]) for key in ("max_violation", "loss")]
        for key in ("max_violation", "loss"):
            differences = [one[key] - other[key] for one, other in zip(runs, found[REFERENCE])]
            cells.append("-" if method == REFERENCE else with_interval(differences))
        print(f"| {method} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
