"""Processor time and joules per token of the models that ship, with one thread, two, and as many as ergon chooses: the table
of docs/performance.md, as markdown.

    make build && python3 bench/thread_choice.py build/release/ergon [--repeats 5]

On a quiet machine: processor time that other programs' interrupts take is small, but waiting threads spin longer beside them.
"""

import argparse
import json
import subprocess

MODELS = ["ergon-dense-direct", "ergon-dense-think", "ergon-moe-direct", "ergon-moe-think"]
PROMPT, GENERATED = 128, 256


def bench(program, model, repeat):
    arguments = [program, "bench", model, "--prompt-tokens", PROMPT, "--generate-tokens", GENERATED, "--threads", "1,2,auto", "--repeats", repeat, "--json"]
    return json.loads(subprocess.check_output(list(map(str, arguments))))


def cell(row):
    count = "" if row["threads_chosen"] == "given" else f" ({row['threads']})"
    return f"{1e6 * row['processor_seconds_per_token']:.0f} us, {row['tokens_per_second']:,.0f}/s{count}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ergon")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print("| model | | 1 thread: processor time per token, speed | 2 threads | auto (its count) |\n|---|---|---|---|---|")
    for model in MODELS:
        rows = bench(options.ergon, model, options.repeat)
        for test in ("decode", "prefill"):
            print(f"| {model} | {test} | " + " | ".join(cell(row) for row in rows if row["test"] == test) + " |")


if __name__ == "__main__":
    main()
