"""Chat templates that installed Python packages ship: ergon writes what Jinja2 writes, or both refuse.

    python3 tests/parity/test_packaged_templates.py ERGON [FOLDER...]

The templates belong to their authors and are not kept here: they are looked for among the Python packages of this
machine (trl, vllm and others ship some) and in the folders named. Without any, or without Jinja2, the test is skipped.
"""

import datetime
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import make_template_cases
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ENDINGS = (".jinja", ".jinja2", ".j2")
LARGEST = 1 << 20

TOOLS = [{"type": "function", "function": {
    "name": "weather", "description": "It's \"nice\" & <b>sunny</b> — ünï\ncode",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Où?"}, "days": {"type": "integer", "enum": [1, 2]}}}}}]
CALL = {"type": "function", "id": "call00001", "function": {"name": "weather", "arguments": {"city": "Köln", "days": 2}}}
SYSTEM = {"role": "system", "content": "Be brief.\n  And kind. "}
USER = {"role": "user", "content": "  Hi <|im_end|> </think> {{ x }} 世界 🙂\n"}
ANSWER = {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHello!"}
THOUGHT = {"role": "assistant", "content": "Hello!", "reasoning_content": "hm\n", "thinking": "hm\n"}
CONVERSATIONS = [
    [USER],
    [SYSTEM, USER],
    [USER, ANSWER, USER],
    [SYSTEM, USER, THOUGHT, USER, ANSWER],
    [USER, {"role": "assistant", "content": "", "tool_calls": [CALL]},
     {"role": "tool", "name": "weather", "tool_call_id": "call00001", "content": "{\"sun\": true}"}],
    [SYSTEM, USER, {"role": "assistant", "content": None, "tool_calls": [CALL, CALL]},
     {"role": "tool", "tool_call_id": "call00001", "content": "rain"},
     {"role": "tool", "tool_call_id": "call00001", "content": "sun"}, {"role": "assistant", "content": "Both."}],
    [{"role": "user", "content": [{"type": "text", "text": "Look "}, {"type": "text", "text": "here"}]}],
    [USER, USER],
    [],
]
VARIATIONS = [{}, {"tools": TOOLS}, {"enable_thinking": False}, {"enable_thinking": True, "tools": TOOLS},
              {"thinking": True, "reasoning_effort": "high"}]


def packaged_templates(folders):
    """Path and text of each file that looks like a chat template."""
    seen = set()
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(p for ending in ENDINGS for p in folder.rglob("*" + ending)):
            if path.stat().st_size > LARGEST:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if "messages" in text and "role" in text and text not in seen:
                seen.add(text)
                yield path, text


def jinja2_writes(env, text, variables):
    try:
        return env.from_string(text).render(**variables)
    except Exception:  # every kind of failure counts as one
        return None


def ergon_writes(ergon, template, variables, folder):
    messages = folder / "messages.json"
    messages.write_text(json.dumps(variables, ensure_ascii=False), encoding="utf-8")
    run = subprocess.run([ergon, "template", template, "--messages", messages], capture_output=True, text=True,
                         encoding="utf-8", check=False)
    return run.stdout if run.returncode == 0 else None


def main():
    ergon, *named = sys.argv[1:]
    env = make_template_cases.environment()
    env.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
    folders = [pathlib.Path(p) for p in dict.fromkeys(named or [p for p in sys.path if "-packages" in p])]
    equal = refused = templates = 0
    different = []
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        for path, text in packaged_templates(folders):
            templates += 1
            copy = folder / "template.jinja"
            copy.write_text(text, encoding="utf-8")
            for messages, variation, prompt in itertools.product(CONVERSATIONS, VARIATIONS, (True, False)):
                variables = {"messages": messages, "bos_token": "<s>", "eos_token": "</s>",
                             "add_generation_prompt": prompt, **variation}
                expected = jinja2_writes(env, text, variables)
                if ergon_writes(ergon, copy, variables, folder) == expected:
                    equal += expected is not None
                    refused += expected is None
                else:
                    different.append((path, variables))
    if templates == 0:
        print("skipped: no installed Python package ships chat templates")
        sys.exit(77)
    for path, variables in different[:20]:
        print(f"differs: {path} with {json.dumps(variables, ensure_ascii=False)}")
    print(f"{templates} templates: {equal} renderings equal, {refused} refused by both, {len(different)} differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
