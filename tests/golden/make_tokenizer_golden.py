"""Writes the tokenizers that tests/text/*_test.cpp read, and what the library `tokenizers` makes of some texts with
them.

Run:  python tests/golden/make_tokenizer_golden.py    (writes into tests/text/data/tokenizers; if AHA_SMOLLM2 names the
GGUF file of SmolLM2-135M-Instruct, its golden values too; they need the package gguf)
"""
import json
import os
import pathlib
import random

import tokenizers
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
trainers)

here = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "tokenizers"
here.mkdir(parents=True, exist_ok=True)

CORPUS = """The quick brown fox jumps over the lazy dog. It's what we've been told, isn't it? They'll say I'm wrong.
Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia
sell altogether in April and May? Let us think step by step. In May she sold 48 / 2 = 24 clips. Altogether she sold
48 + 24 = 72 clips. The answer is 72. So the probability is 1,234,567.89 percent, or 3.14159 to 5 digits.
def add(first, second):
    # the sum of two numbers
    if first is None:
        return second
    return first + second

for (int i = 0; i < 1000; ++i) { total += values[i] * weights[i]; }
<think> we need to find x such that x^2 + 2x + 1 = 0 </think> <answer> x = -1 </answer>
Über die Straße ging ein älterer Mann; où êtes-vous, mon frère? El niño comió piñas mañana.
我们需要找到答案。数学题目很难,但是我们可以一步一步地思考。日本語のテキストもあります。한국어 문장도 있습니다.
Привет, мир! Это проверка. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया। Γειά σου Κόσμε. 😀😀 👩‍👩‍👧 ❤️
"""

DIGITS_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
                r"|\s+(?!\S)|\s+")


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_level(use_regex, space=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=space, use_regex=use_regex)


def special(text, **flags):
    return AddedToken(text, special=True, normalized=False, **flags)


chat = [special("<|endoftext|>"), special("<|im_start|>"), special("<|im_end|>")]
deepseek_marks = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
    r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# name: vocabulary, normalizer, pre-tokenizer, added tokens, post-processor, ignore_merges
KINDS = {
    "smollm2": (600, None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
                chat + [special("<repo_name>"), special("<repo_name>2")], None, False),
    "qwen": (700, normalizers.NFC(), pre_tokenizers.Sequence([split(DIGITS_WORDS % r"\p{N}"), byte_level(False)]),
             chat + [AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False),
                     AddedToken("<tool_call>", normalized=False)],
             processors.ByteLevel(trim_offsets=False), False),
    "llama3": (650, None, pre_tokenizers.Sequence([split(DIGITS_WORDS % r"\p{N}{1,3}"), byte_level(False)]),
               [special("<|begin_of_text|>"), special("<|end_of_text|>"), special("<|eot_id|>")], "bos", True),
    "deepseek": (700, normalizers.Sequence([]),
                 pre_tokenizers.Sequence([split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(deepseek_marks),
                                          byte_level(False)]),
                 [special("<｜begin▁of▁sentence｜>"), special("<｜end▁of▁sentence｜>"),
                  AddedToken("<｜User｜>", normalized=False), AddedToken("<｜Assistant｜>", normalized=False)], "bos", False),
    "gpt2": (500, None, byte_level(True), [special("<|endoftext|>")], processors.ByteLevel(trim_offsets=False), False),
    # Nobody's tokenizer: every flag of added tokens, a space put before, normalised tokens.
    "flags": (500, normalizers.NFC(), byte_level(True, space=True),
              [special("<l>", lstrip=True), special("<r>", rstrip=True), special("<lr>", lstrip=True, rstrip=True),
               special("<w>", single_word=True), AddedToken("word", single_word=True, normalized=True),
               AddedToken("ab", normalized=True), AddedToken("abc", normalized=True),
               AddedToken("e\u0301t\u00e9", normalized=True), AddedToken("  two  spaces", normalized=False),
               AddedToken("caf\u00e9", normalized=False), special("\n\n")],
              None, False),
}

TEXTS = [t.encode() for t in [
    "", " ", "a", "The quick brown fox jumps over the lazy dog.", "It's WE'VE they'Ll i'M 'dog 's' don''t 'ſ ſ",
    "def add(a, b):\n    return a + b\n\n\nclass X:\n\tpass\n",
    "for (int i = 0; i < 1000; ++i) { x[i] *= 2; } // end\r\n",
    "48 / 2 = 24; 1234567890 3.14159 12ab34 ½ ² ٣٤ Ⅻ ①", "   leading", "trailing   ", "a  b   c    d", "\n\n\n",
    " \n \n ", "\t\t a",
    "a\r\n\r\nb", "x \u00a0 y\u3000z\u2003\u200b\u180e\u0085\u2028w", "\x1c\x1d a\x0b\x0cb\x00c\x7f",
    "我们需要找到答案。1+1=2，对吗？ 日本語テキスト 한국어 문장", "中文English混合123字", "😀 👩‍👩‍👧‍👦 ❤️ 🇩🇪 🏳️‍🌈 e😀e",
    "e\u0301te\u0301 \u00e9t\u00e9 A\u030a \u212b a\u0323\u0302 q\u0307\u0323 \u1100\u1161\u11a8 \uac00\u11a8 "
    "\u0958 \u2126 \u0344",
    "Übergrößenträger où êtes-vous? niño mañana", "Привет, мир! שלום مرحبا नमस्ते Γειά",
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>",
    "<|endoftext|>", "a<|endoftext|><|endoftext|> b <|im_end|", "<repo_name><repo_name>2 <repo_name>23",
    "<think> x </think><answer>4</answer>",
    "<|begin_of_text|>Hi<|eot_id|>", "<｜begin▁of▁sentence｜><｜User｜>Hi <｜Assistant｜>ok<｜end▁of▁sentence｜>",
    "a  <l>  b  <r>  c  <lr>  d", "<lr> <lr>  <l><r>\n<l> <r> x", "<w> a<w> <w>b a<w>b _<w> -<w>- \u0301<w> <w>\u200d",
    "word words sword word, (word) word", "ab abc abcd ababc aabcc",
    "e\u0301te\u0301 \u00e9t\u00e9 cafe\u0301 caf\u00e9s", "x  two  spaces  y two  spaces\n\n\nz",
    "https://example.com/a_b?c=d&e=%20#f", "$\\frac{1}{2}$ \\boxed{42} x_{i}^{2}",
    "!!!??? ... --- *** ### \"quoted\" `code`", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "thethethethe ininining ananan" * 3, "\ufeffbom \ufffd \ue000 \U0010ffff \U000e0041",
]] + [bytes.fromhex(h) for h in ["ff", "61ff62", "c3", "e4b8", "61e4b862", "f09f98", "f09f9861", "eda080", "c080",
    "e08080", "f4908080", "80bf", "f8888080", "e4b8ade4b8"]]


def noise(generator):
    """A text of fragments that trip tokenizers."""
    pool = ["a", "the", " ", "  ", "\n", "\t", "1", "23", "'s", "'", "é", "e\u0301", "\u0323", "\u0302", "中", "。", "한",
            "\u1100", "\u1161", "\u11a8", "😀", "\u200d", "<", "|", ">", "<|im_end|>", "<r>", "<l>", "word", "ab", "c", ".", "-", "_", "\r",
            "Ⅻ", "ǅ", "\u00a0", "İ", "ß", "॥", "न", "ि", "\u0000"]
    return "".join(generator.choice(pool) for _ in range(generator.randint(1, 24)))


def main():
    generator = random.Random(5)
    texts = TEXTS + [noise(generator).encode() for _ in range(40)]
    for name, (size, normalizer, pre, added, post, ignore_merges) in KINDS.items():
        made = Tokenizer(models.BPE(ignore_merges=ignore_merges))
        if normalizer is not None:
            made.normalizer = normalizer
        made.pre_tokenizer = pre
        made.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
                                      special_tokens=[added[0]], show_progress=False)
        made.train_from_iterator([CORPUS], trainer)
        made.add_tokens(added)
        if post == "bos":
            bos = added[0].content
            made.post_processor = processors.Sequence([
                processors.ByteLevel(trim_offsets=False),
                processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos}:1 $B:1",
                                              special_tokens=[(bos, made.token_to_id(bos))])])
        elif post is not None:
            made.post_processor = post
        written = json.loads(made.to_str())
        if name == "gpt2":  # older files write a merge as one string
            written["model"]["merges"] = [" ".join(pair) for pair in written["model"]["merges"]]
            made = Tokenizer.from_str(json.dumps(written))
        cases = []
        for text in texts:
            clean = text.decode("utf-8", "replace")
            ids = made.encode(clean, add_special_tokens=False).ids
            full = made.encode(clean).ids
            case = {"text": text.hex(), "ids": ids}
            if full != ids:
                case["full"] = full
            kept, cut = made.decode(ids, skip_special_tokens=False), made.decode(ids)
            if kept != clean:
                case["decoded"] = kept
            if cut != kept:
                case["without_special"] = cut
            cases.append(case)
        # Ids that no text gives: halves of characters.
        loose = []
        for _ in range(12):
            ids = [generator.randrange(made.get_vocab_size()) for _ in range(generator.randint(1, 6))]
            loose.append({"ids": ids, "decoded": made.decode(ids, skip_special_tokens=False)})
        written["golden"] = {"tokenizers": tokenizers.__version__, "cases": cases, "decoding": loose}
        (here / f"{name}.json").write_text(json.dumps(written, ensure_ascii=False, separators=(",", ":")) + "\n")

    # Pre-tokenizers by themselves: as tokenizer.json says them, and the words they cut.
    def words(pre, text):
        return [w for w, _ in pre.pre_tokenize_str(text)]

    def spelled(pre):
        return json.loads(pre.__getstate__())

    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    pres = [split(p, b, i) for p in [r"\s", r"x*", r"[0-9]{1,3}"] for b in behaviors for i in (False, True)]
    pres += [pre_tokenizers.Split(".", b) for b in behaviors]
    pres += [pre_tokenizers.Split("", "isolated"), pre_tokenizers.Digits(),
    pre_tokenizers.Digits(individual_digits=True),
             pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(), byte_level(True), byte_level(True, True),
             byte_level(False, True), split(r"\p{Han}+|\w+|\h"), split(r"^.|.$"), split("[\\w\u3041-\u3093]+"),
             split(r"[^\S\r\n]+"),
             split(r"\p{^L}+"), split(r"\w+"), split(r"\W+"), split(r"[[:alnum:]]+"), split(r"[^[:punct:]]+"),
             split(r"\p{Letter}"), split(r"(?<=a)b|\bc"), split("\\u0061"), split(r"[[:alpha:]]+"),
             split(r"\P{Greek}+"),
             split(r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
                   r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
             pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True), byte_level(False,
             True)])]
    samples = ["a  b c\n", "  xx..x. ", "12345 a1b22", "ab abc\nc.d\r\n", "中文とカナ、ー々〇 Ωμέγα",
    "e\u0301 a\u200db x\u180ey \u00bd\u0663",
               "HTTPServer don'T Ünï \t\n  z", "\u2028\u0085\u3000", "a_b-c\u203fd"]
    (here / "pre_tokenizers.json").write_text(json.dumps(
        [{"pre_tokenizer": spelled(p), "texts": [[s, words(p, s)] for s in samples]} for p in pres], ensure_ascii=False,
        indent=None, separators=(",", ":")) + "\n")

    if smollm2 := os.environ.get("AHA_SMOLLM2"):
        write_smollm2(smollm2, texts)


def write_smollm2(path, texts):
    """What SmolLM2's own tokenizer, as its GGUF file holds it, makes of the texts."""
    import gguf

    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"].contents()]
    types = fields["tokenizer.ggml.token_type"].contents()
    made = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    made.add_special_tokens([special(t) for t, kind in zip(tokens, types) if kind == 3])
    made.pre_tokenizer = KINDS["smollm2"][2]
    made.decoder = decoders.ByteLevel()
    cases = []
    for text in texts:
        ids = made.encode(text.decode("utf-8", "replace"), add_special_tokens=False).ids
        cases.append({"text": text.hex(), "ids": ids, "decoded": made.decode(ids)})
    (here / "smollm2_135m.json").write_text(json.dumps({"tokenizers": tokenizers.__version__, "cases": cases},
                                                       ensure_ascii=False, separators=(",", ":")) + "\n")


main()
