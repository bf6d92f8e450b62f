#!/usr/bin/env python3
"""Seeds of the fuzz targets: fuzz/make_seeds.py FOLDER makes FOLDER/TARGET from fuzz/corpus and from every fixture."""
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
# Longer inputs make a fuzzer slow, and say little more about a reader.
MOST_BYTES = 64 << 10


def of_files(*patterns):
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            yield path.read_bytes()


def headers_of_safetensors():
    for content in of_files("tests/fixtures/**/*.safetensors"):
        length = int.from_bytes(content[:8], "little")
        yield content if len(content) <= MOST_BYTES else content[: 8 + length]


def templates():
    cases = json.loads((FIXTURES / "template_cases.json").read_text())
    for case in [*json.loads((FIXTURES / "templates.json").read_text()), *(c for group in cases.values() if isinstance(group, list) for c in group)]:
        if not isinstance(case, dict) or "template" not in case:
            continue
        variables = {key: value for key, value in case.items() if key in ("messages", "add_generation_prompt")} | (case.get("extra") or {})
        yield case["template"].encode() + b"\0" + json.dumps(variables).encode()


def maths():
    for line in (FIXTURES / "maths" / "pairs.jsonl").read_text().splitlines()[::10]:
        pair = json.loads(line)
        yield f"{pair['g']}\n{pair['a']}".encode()


def tasks():
    for content in of_files("data/prompts/*.jsonl", "data/conversation.jsonl"):
        yield b"\n".join(content.splitlines()[:5])


def recipes():
    for content in of_files("recipes/*.toml"):
        yield content
        yield content + b"\n--set training.steps=3"


SEEDS = {
    "gguf": lambda: (content[:MOST_BYTES] for content in of_files("tests/fixtures/**/*.gguf")),
    "safetensors": headers_of_safetensors,
    "json": lambda: of_files("tests/fixtures/**/*.json"),
    "config": lambda: of_files("tests/fixtures/**/config.json"),
    "tokenizer": lambda: (c + b"\0It's 2025: <s>" for c in of_files("tests/fixtures/tokenizers/*.json") if c.find(b'"model"') >= 0),
    "template": templates,
    "recipe": recipes,
    "tasks": tasks,
    "maths": maths,
}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: fuzz/make_seeds.py FOLDER")
    for corpus in sorted((ROOT / "fuzz" / "corpus").iterdir()):
        folder = Path(sys.argv[1]) / corpus.name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(corpus, folder)
    for target, contents in SEEDS.items():
        folder = Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for i, content in enumerate(c for c in contents() if 0 < len(c) <= MOST_BYTES):
            (folder / f"fixture_{i}").write_bytes(content)


if __name__ == "__main__":
    main()
