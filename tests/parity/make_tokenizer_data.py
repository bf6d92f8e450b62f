#!/usr/bin/env python3
"""Writes tests/fixtures/tokenizers/: what Hugging Face's `tokenizers` makes of many texts.

    pip install tokenizers==0.23.3
    python3 tests/parity/make_tokenizer_data.py

- NAME.json: a small tokenizer.json, trained on the sample below, and NAME.cases.json: {"encode": [[text, ids], ...],
  "decode": [[ids, text], ...]}. Special tokens in the texts count, none is added.
- vocabularies.cases.json: {NAME: [[text, ids], ...]} for the three real vocabularies of fixtures/vocab.
- splits.cases.json: {pre-tokenizer's name in GGUF files: [[text, lengths of its pieces in bytes], ...]}, from the patterns
  as the models' own tokenizer.json files have them.
"""
import json
import pathlib
import random
import struct

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
OUT = HERE / "tokenizers"

SAMPLE = """The quick brown fox jumps over the lazy dog. It's what they've said: we'll see, I'd think so, I'M sure!
A reader who'd like 12345 words can't have 1,234.56 of them; the answer is 42, the year 2025. CamelCase and snake_case
for (int i = 0; i < 10; ++i) { sum += values[i] * 2; }   return sum;\n\n\tindented\r\n  text
Ein Mädchen läuft über die Brücke, während der Führer schläft. Café, naïve, coöperate. Нещо на Български и по-русски.
我在工作，他在学习。テストをしています。한국어 문장입니다. हिन्दी में लिखा है। สวัสดีครับ 🦙🚀😶‍🌫️ ✅ → ∑ ½ ² Ⅻ
""" * 3

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJ", "0123456789", " ", "  ", " \t\n\r", "'\"`", "'s'S't'T're'RE'vE'm'lL'd'ſ",
    ".,;:!?-_/\\()[]{}<>|@#$%^&*+=~", "éàüöäßñçøÿþæ", "ĞİıſǅǈʰªºΑΩαωЖжԱա", "一龥中文字日本々〇", "ぁんァヶー゛", "가힣ㄱㆎ",
    "ก่้ครับ", "हिन्दी़्", "אבגשׁ", "ابتَُ،؟", "٠١٢३४५²³¹½ⅫⅣ①", "\u0300\u0301\u0308\u0323\u20dd", "\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u0085\u180e\u200b\ufeff",
    "€£¥©®™∑∞→±×÷", "…—–“”‘’«»、。，！？；：（）", "\x00\x01\x07\x0b\x0c\x1f\x7f\x80\x9f", "\u200c\u200d\u2060", "🦙🚀😶‍🌫️👨‍👩‍👧🇩🇪", "𝒳𝔘𐐀𐓘𞤀𠀀𪚥", "\ue000\uf8ff", "⺀⼀㇀㈀", "ﬁﬆＡａ１！",
]


def random_text(rng, parts):
    out = []
    for _ in range(parts):
        alphabet = rng.choice(ALPHABETS)
        if rng.random() < 0.4:
            alphabet = ALPHABETS[rng.choice([0, 1, 2, 3, 5, 7])]
        out.append("".join(rng.choice(alphabet) for _ in range(rng.choice([1, 1, 1, 2, 3, 5, 9]))))
    return "".join(out)


def vocab_test_texts():
    return (HERE / "vocab" / "smollm2.gguf.inp").read_text(encoding="utf-8").split("\n__ggml_vocab_test__\n")[:-1]


def texts(seed, count):
    rng = random.Random(seed)
    return vocab_test_texts() + [random_text(rng, rng.choice([3, 8, 20, 40])) for _ in range(count)]


# The patterns, as published.
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = GPT4O.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(r"\p{N}{1,3}", r"\p{N}")
V3_WORDS = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
            "\\s*[\r\n]+|\\s+(?!\\S)|\\s+")
CJK = "[一-龥\u3040-ゟ゠-ヿ]+"
CJK_HANGUL = "[一-龥ࠀ-一가-\ud7ff]+"
LLM_LETTERS = (
    "41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376-377 37B-37D 37F 386 388-38A 38C 38E-3A1 "
    "3A3-3F5 3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 "
    "1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE "
    "1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 "
    "2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183-2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE 2CF2-2CF3 "
    "A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A "
    "10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943 ")
LLM_WORDS = "\\s?[" + "".join("-".join(chr(int(end, 16)) for end in part.split("-")) for part in LLM_LETTERS.split()) + "]+"
LLM_PUNCTUATION = "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"
BAILING = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
EXAONE_MOE = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}|"
              r" ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+")
JAIS2 = LLAMA3.replace(r"|\s+(?!\S)|\s+", "".join(rf"|\s{{{n}}}(?!\S)" for n in (512, 256, 128, 64, 32, 16, 8, 4)) + r"|\s{1,2}(?!\S)|\s{1}")
SEED = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def sequence(*steps):
    return pre_tokenizers.Sequence(list(steps))


# By the name in GGUF files. Digits and Punctuation are written as the steps that the models use.
SPLITS = {
    "llama-bpe": split(LLAMA3),
    "qwen2": split(QWEN2),
    "qwen35": split(QWEN35),
    "ufakzeka": split(QWEN2.split("|", 7)[-1]),
    "minicpm5": sequence(split(r"\p{N}{1,3}"), split(LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}+"))),
    "laguna": sequence(split("[^\n]+|[\n]+"), split(QWEN2)),
    "jais-2": split(JAIS2),
    "bailingmoe": split(BAILING),
    "seed-coder": split(SEED),
    "exaone-moe": split(EXAONE_MOE),
    "deepseek-llm": sequence(split("[\r\n]"), split(LLM_WORDS), split(LLM_PUNCTUATION), split("\\s+$"), split(CJK_HANGUL),
                             pre_tokenizers.Digits(True)),
    "deepseek-coder": sequence(split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), split(CJK_HANGUL),
                               pre_tokenizers.Digits(True)),
    "deepseek-v3": sequence(split("\\p{N}{1,3}"), split(CJK), split(V3_WORDS)),
    "falcon": sequence(split("[\\p{P}\\$\\+<=>\\^~\\|`]+"), split(GPT2), split("[0-9][0-9][0-9]")),
    "smollm": sequence(pre_tokenizers.Digits(True), split(GPT2)),
    "gpt-2": split(GPT2),
    "bloom": split(BLOOM),
    "viking": sequence(split(BLOOM), pre_tokenizers.Digits(True)),
    "tekken": split(TEKKEN),
    "gpt-4o": split(GPT4O),
    "tiny_aya": sequence(split("\\d{1,3}(?=(?:\\d{3})*\\b)"), split(GPT4O)),
    "superbpe": sequence(split("\\p{N}+"), split("(?=(\\d{3})+(?!\\d))")),
    "chameleon": sequence(split("<sentinel:[0-9]+>"), split("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"), split("([\\t\\n]|    |  )"),
                          pre_tokenizers.Digits(True), pre_tokenizers.Punctuation("isolated"), split(GPT2)),
    "default": sequence(split("[\\p{P}\\$\\+<=>\\^~\\|]+"), split(GPT2), split("\\p{N}+"), split("[0-9][0-9][0-9]")),
}


def byte_level(**options):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False, **options)


def trained(pre, normalizer=None, added=(), ignore_merges=False, post=None, size=420):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(SAMPLE.splitlines(keepends=True), trainer)
    for token, special in added:
        (tokenizer.add_special_tokens if special else tokenizer.add_tokens)([token])
    if ignore_merges:
        state = json.loads(tokenizer.to_str())
        state["model"]["ignore_merges"] = True
        # A word that no sequence of merges makes.
        state["model"]["vocab"]["Ġquick"] = max(state["model"]["vocab"].values()) + 100
        tokenizer = Tokenizer.from_str(json.dumps(state))
    if post:
        tokenizer.post_processor = post(tokenizer)
    return tokenizer


def characters(pre=None, normalizer=None, decoder=None):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre or pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False,
                                  limit_alphabet=70)
    tokenizer.train_from_iterator(SAMPLE.splitlines(), trainer)
    state = json.loads(tokenizer.to_str())
    vocab = state["model"]["vocab"]
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    state["pre_tokenizer"] = json.loads(pre.__getstate__()) if pre else None
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.decoder = decoder
    return tokenizer


def special(text, **options):
    return AddedToken(text, normalized=False, **options), True


def ordinary(text, **options):
    return AddedToken(text, **options), False


def template(token):
    return lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single=f"{token} $A", special_tokens=[(token, t.token_to_id(token))])])


SPM_DECODER = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                 decoders.Strip(" ", 1, 0)])
TOKENIZERS = {
    "llama3": lambda: trained(sequence(split(LLAMA3), byte_level()), ignore_merges=True, post=template("<|begin_of_text|>"),
                              added=[special("<|begin_of_text|>"), special("<|eot_id|>"), special("<|end_of_text|>")]),
    "qwen2": lambda: trained(sequence(split(QWEN2), byte_level()), normalizer=normalizers.NFC(),
                             added=[special("<|im_start|>"), special("<|im_end|>"), special("<|im"),
                                    ordinary("<think>", normalized=False), ordinary("</think>", normalized=False),
                                    ordinary("é!", normalized=True), ordinary("ü", normalized=True)]),
    "deepseek-v3": lambda: trained(sequence(split("\\p{N}{1,3}"), split(CJK), split(V3_WORDS), byte_level()),
                                   normalizer=normalizers.Sequence([]),
                                   added=[special("<｜begin▁of▁sentence｜>"), ordinary("<think>", normalized=False)]),
    "deepseek-llm": lambda: trained(sequence(split("[\r\n]"), split(LLM_WORDS), split(LLM_PUNCTUATION), split("\\s+$"),
                                             split(CJK_HANGUL), pre_tokenizers.Digits(True), byte_level()),
                                    added=[ordinary("ü", normalized=True), ordinary("ø", normalized=True)]),
    "gpt2-prefix": lambda: trained(pre_tokenizers.ByteLevel(add_prefix_space=True), added=[special("<|endoftext|>")]),
    "smollm": lambda: trained(sequence(pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False))),
    "falcon": lambda: trained(sequence(pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
                                       pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]"))),
    "behaviours": lambda: trained(sequence(
        pre_tokenizers.Split(",", "merged_with_previous"), pre_tokenizers.Split(" ", "merged_with_next"),
        split("[.!]+", "contiguous"), split("[\\w ]+|[^\\w ]+", "removed", True), split("\\b", "isolated"),
        split("[0-9]", "merged_with_previous", True), byte_level())),
    "added": lambda: trained(sequence(split(QWEN2), byte_level()),
                             added=[special("<mask>", lstrip=True), special("<end>", rstrip=True),
                                    special("<both>", lstrip=True, rstrip=True), ordinary("cat", single_word=True)]),
    # Not together with rstrip: the library then cuts the same spaces twice.
    "spaces": lambda: trained(sequence(split(GPT2), byte_level()),
                              added=[special("<end>"), ordinary("  ", normalized=False), ordinary("    ", normalized=True)]),
    "llama2": lambda: characters(normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
                                 decoder=SPM_DECODER),
    "metaspace": lambda: characters(pre=pre_tokenizers.Metaspace(prepend_scheme="first", split=False), decoder=SPM_DECODER),
    "metaspace-split": lambda: characters(pre=pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
                                          decoder=decoders.Metaspace()),
}
EXTRA = ["<think>a</think>b<|im_start|>user\n<|im_end|>", "x <mask> y<mask>z  <end>  w <both>  cat concat cat! cat_",
         "u\u0308 e\u0301! é! ü ü!", "Führer <｜begin▁of▁sentence｜>ok", "a  b   c    d     e", "quick quicker  quick",
         "<|endoftext|> text<|endoftext|>text", "<unk> <s> </s> <0x41>", "\u0301abc", "e\u0323\u0301\u0323o", "각"]


def read_gguf(path):
    data = path.read_bytes()
    at = 0

    def number(kind):
        nonlocal at
        value = struct.unpack_from("<" + kind, data, at)[0]
        at += struct.calcsize(kind)
        return value

    def text():
        nonlocal at
        size = number("Q")
        at += size
        return data[at - size:at].decode()

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            element, count = number("I"), number("Q")
            return [value(element) for _ in range(count)]
        return number({0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}[kind])

    assert number("I") == 0x46554747
    number("I"), number("Q")
    keys = number("Q")
    return {text(): value(number("I")) for _ in range(keys)}


def real_vocabulary(name, pre, normalizer):
    metadata = read_gguf(HERE / "vocab" / f"{name}.gguf")
    tokens = metadata["tokenizer.ggml.tokens"]
    kinds = metadata["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = sequence(pre, byte_level())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token, kind in zip(tokens, kinds)
                          if kind == 4 and len(token) == 1])
    return tokenizer


def write(name, content):
    (OUT / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def main():
    OUT.mkdir(exist_ok=True)
    for name, make in TOKENIZERS.items():
        tokenizer = make()
        write(f"{name}.json", json.loads(tokenizer.to_str()))
        encode = [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts(1, 60) + EXTRA]
        rng = random.Random(2)
        words = [id for token, id in tokenizer.get_vocab().items() if not token.startswith("<")]
        words = sorted(set(words) - set(tokenizer.get_added_tokens_decoder()))
        runs = [[rng.choice(words) for _ in range(rng.choice([1, 5, 30]))] for _ in range(40)]
        write(f"{name}.cases.json", {"encode": encode, "decode": [[run, tokenizer.decode(run)] for run in runs]})
    write("vocabularies.cases.json", {
        name: [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts(3, 150)]
        for name, tokenizer in {
            "smollm2": real_vocabulary("smollm2", SPLITS["smollm"], None),
            "r1-distill-qwen": real_vocabulary("r1-distill-qwen", SPLITS["qwen2"], normalizers.NFC()),
            "deepseek-llm": real_vocabulary("deepseek-llm", SPLITS["deepseek-llm"], None)}.items()})
    write("splits.cases.json", {
        name: [[text, [len(piece.encode()) for piece, _ in pre.pre_tokenize_str(text)]] for text in texts(4, 80)]
        for name, pre in SPLITS.items()})


if __name__ == "__main__":
    main()
