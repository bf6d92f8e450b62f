#!/usr/bin/env python3
"""Writes tests/fixtures/train/: what Hugging Face's libraries make of our tokenizers' training and of their files.

    pip install tokenizers==0.23.3 transformers==5.23.0 jinja2==3.1.6
    python3 tests/parity/make_trained_tokenizer.py

- mixed.txt: a text; the other one is tests/fixtures/text/english.txt.
- merges.json: {NAME: {"merges": [[left, right], ...], "tokens": so many the text has in the end}}, with the pre-tokeniser and
  the normalisation of deepseek-r1-qwen, pairs that occur at least twice, and as many merges as the text gives. The library
  numbers the bytes by their letters in the byte-level alphabet and takes, of pairs that occur equally often, the one with
  the smaller ids: our own rule, so all merges agree, and not only those without an equal.
- cases.json, if folder/ is there, which `ergon train-tokenizer tests/fixtures/train/mixed.txt --vocab 463 --out
  tests/fixtures/train/folder` writes: {"encode": [[text, ids], ...] with the special tokens in the texts counting and
  none added, "chats": [{"messages", "options", "text"}, ...]}. That both libraries agree, and put BOS in front unless told
  otherwise, is checked here.
"""
import json
import pathlib

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

from make_tokenizer_data import EXTRA, QWEN2, byte_level, sequence, split, texts

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
OUT = FIXTURES / "train"

# Scripts, code, marks to be composed, runs of equal signs, numbers and markers.
MIXED = ("""The quick brown fox jumps over the lazy dog. It's what they've said: we'll see, I'd think so, I'M sure!
for (int i = 0; i < 10; ++i) { sum += values[i] * 2; }   return sum;\n\n\tindented\r\n    text        more
========= ------------ !!!!!!!! aaaaaaaaaaaaaaa aaaaaaa aaa banana bananas cabana Anna hahahahaha
1234567890 123 12 007 3.14159 <think>12 + 30 = 42</think> <｜User｜>How many?<｜Assistant｜>
Ein Mädchen läuft über die Brücke, während der Führer schläft. Cafe\u0301, nai\u0308ve, coo\u0308perate. Нещо на Български.
我在工作，他在学习。テストをしています。한국어 문장입니다. हिन्दी में लिखा है। สวัสดีครับ 🦙🚀🦙🚀🦙
""") * 2

MARKED = ["<｜begin▁of▁sentence｜><｜User｜>12+30?<｜Assistant｜><think>12 + 30 = 42</think>42<｜end▁of▁sentence｜><｜▁pad▁｜>",
          " <think> </think> ", "< think></think >", "<｜User｜><｜User", "bananas, café and cafe\u0301"]
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?\n"},
        {"role": "assistant", "content": "<think>one</think>2</think> or so"}, {"role": "system", "content": " Be kind."},
        {"role": "user", "content": "And 2+2? <｜Assistant｜>"}, {"role": "assistant", "content": "4\n"},
        {"role": "user", "content": " Thanks "}]
OPTIONS = [{}, {"add_generation_prompt": True}, {"add_generation_prompt": True, "thinking": True},
           {"add_generation_prompt": True, "thinking": False}, {"thinking": True}]


def learn(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = sequence(split(QWEN2), byte_level())
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([text], trainers.BpeTrainer(
        vocab_size=1_000_000, min_frequency=2, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer, json.loads(tokenizer.to_str())["model"]["merges"]


def write(name, content):
    (OUT / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def write_merges():
    result = {}
    for name, path in {"english": FIXTURES / "text" / "english.txt", "mixed": OUT / "mixed.txt"}.items():
        text = path.read_bytes().decode()
        tokenizer, merges = learn(text)
        result[name] = {"merges": merges, "tokens": len(tokenizer.encode(text).ids)}
        print(f"{name}: {len(merges)} merges, {result[name]['tokens']} tokens")
    write("merges.json", result)


def write_cases():
    library = Tokenizer.from_file(str(OUT / "folder" / "tokenizer.json"))
    auto = AutoTokenizer.from_pretrained(OUT / "folder")
    examples = texts(7, 80) + EXTRA + MARKED
    encode = []
    for text in examples:
        encode.append([text, library.encode(text, add_special_tokens=False).ids])
        with_bos = [auto.bos_token_id] + encode[-1][1]
        assert auto(text, add_special_tokens=False)["input_ids"] == encode[-1][1], text
        assert auto(text)["input_ids"] == library.encode(text).ids == with_bos, text
    assert (auto.bos_token_id, auto.eos_token_id, auto.pad_token_id, len(auto)) == (0, 1, 2, 463)
    think = auto.encode("<think>a</think>b<｜end▁of▁sentence｜>", add_special_tokens=False)
    assert auto.decode(think, skip_special_tokens=True) == "<think>a</think>b"
    chats = [{"messages": CHAT[:length], "options": options,
              "text": auto.apply_chat_template(CHAT[:length], tokenize=False, **options)}
             for length in (1, 2, 5, 7) for options in OPTIONS]
    print(f"{len(encode)} texts, {len(chats)} chats")
    write("cases.json", {"encode": encode, "chats": chats})


def main():
    OUT.mkdir(exist_ok=True)
    (OUT / "mixed.txt").write_bytes(MIXED.encode())
    write_merges()
    if (OUT / "folder").exists():
        write_cases()


if __name__ == "__main__":
    main()
