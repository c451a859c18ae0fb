"""Writes tokenizers of the kinds that are no byte-level BPE, and what the library `tokenizers` makes of some texts with
them, into tests/text/data/tokenizers/models; and what its decoders make of tokens, into decoders.json there.

Run:  python tests/golden/make_tokenizer_models_golden.py
with tokenizers 0.23.3, transformers 5.23.0, sentencepiece 0.2.3 (pip install tokenizers==0.23.3 transformers==5.23.0
sentencepiece==0.2.3 protobuf)
"""
import collections
import importlib
import json
import os
import pathlib
import random
import re
import tempfile

import sentencepiece
import tokenizers
import transformers
from tokenizers import (AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors)

os.environ.setdefault("OMP_NUM_THREADS", "1")
transformers.logging.set_verbosity_error()
here = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "tokenizers" / "models"
here.mkdir(parents=True, exist_ok=True)
scratch = pathlib.Path(tempfile.mkdtemp())
converters = importlib.import_module("transformers.convert_slow_tokenizer")

CORPUS = """The quick brown fox jumps over the lazy dog. It's what we've been told, isn't it? They'll say I'm wrong.
Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did she
sell altogether in April and May? Let us think step by step. In May she sold 48 / 2 = 24 clips. Altogether she sold
48 + 24 = 72 clips. The answer is 72. So the probability is 1,234,567.89 percent, or 3.14159 to 5 digits.
def add(first, second):  # the sum of two numbers
<think> we need to find x such that x^2 + 2x + 1 = 0 </think> <answer> x = -1 </answer>
Über die Straße ging ein älterer Mann; où êtes-vous, mon frère? El niño comió piñas mañana.
我们需要找到答案。数学题目很难,但是我们可以一步一步地思考。
Привет, мир! Это проверка.
"""
(scratch / "corpus.txt").write_text(CORPUS)

TEXTS = ["", " ", "a", "The quick brown fox jumps over the lazy dog.", "It's what we've been told, isn't it?",
         "   leading", "trailing   ", "a  b   c", "\n\n", " \n \t x", "def add(a, b):\n    return a + b\r\n",
         "48 / 2 = 24; 1234567 3.14 ½ Ⅻ ①", "我们需要 中文English混合", "日本語 한국어 😀 👩‍👩‍👧 🇩🇪e", "e\u0301te\u0301 \u00e9t\u00e9 ﬁ ＡＢ",
         "Привет שלום", "▁x▁ y ▁", "<0x41><0x0A>", "<s>hi</s> there<unk> x", "a<s> b </s>", "[CLS] a [SEP]", "\u00a0x\u3000y\ufeff",
         "a\x00b\x01c", "zzzzzzzzzzzzzzzzzzzz", "The  THE the", "_a_ <", "ß\u1e9e İ ı", "<mask>", "1+1=2，对吗？"]
POOL = ["a", "the", " ", "  ", "\n", "1", "48", "é", "e\u0301", "中", "我们", "😀", "<s>", "</s>", "▁", "<unk>", "ing", "ß", "\u00a0",
        "！", "x", ".", "'s", "Th", "clips"]


def sentencepiece_model(kind, byte_fallback):
    name = scratch / f"{kind}{byte_fallback}"
    more = dict(split_digits=True, remove_extra_whitespaces=False) if kind == "bpe" else {}
    sentencepiece.SentencePieceTrainer.train(
        input=str(scratch / "corpus.txt"), model_prefix=str(name), model_type=kind, byte_fallback=byte_fallback,
        vocab_size=480 if byte_fallback else 220, character_coverage=0.98, normalization_rule_name="identity",
        minloglevel=2, num_threads=1, hard_vocab_limit=False, **more)
    return f"{name}.model"


def by_class(name, kind):
    folder = scratch / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.model").write_bytes(pathlib.Path(sentencepiece_model(kind, True)).read_bytes())
    return getattr(transformers, name).from_pretrained(folder).backend_tokenizer


class Slow:
    """What the converters ask of a slow tokenizer."""
    legacy, add_prefix_space, do_lower_case, keep_accents, remove_space = True, True, True, False, True
    unk_token, bos_token, eos_token, pad_token, mask_token = "<unk>", "<s>", "</s>", "<pad>", "<mask>"
    cls_token, sep_token, unk_token_id, bos_token_id, eos_token_id = "<s>", "</s>", 0, 1, 2
    pad_token_id, mask_token_id, _extra_ids, padding_side = 0, 3, 4, "left"
    additional_special_tokens = []

    def __init__(self, file):
        self.vocab_file = file

    def convert_tokens_to_ids(self, token):
        return {"<unk>": 0, "<s>": 1, "</s>": 2}.get(token, 3)

    def convert_ids_to_tokens(self, token):
        return ["<unk>", "<s>", "</s>"][token]


def converted(name, byte_fallback=False):
    return getattr(converters, name + "Converter")(Slow(sentencepiece_model("unigram", byte_fallback))).converted()


def llama2():
    made = by_class("LlamaTokenizer", "bpe")
    made = Tokenizer.from_str(made.to_str())
    made.pre_tokenizer = None
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1",
                                                        special_tokens=[("<s>", made.token_to_id("<s>"))])
    return made


def pairs(specials, spell, merge, count):
    """A vocabulary and merges: the library's own trainer numbers affixed characters in another order each time."""
    words = collections.Counter(re.findall(r"\w+|[^\w\s]", CORPUS))
    spelt = {word: spell(word) for word in words}
    symbols = sorted({s for parts in spelt.values() for s in parts})
    vocabulary, merges = {t: i for i, t in enumerate([*specials, *symbols])}, []
    for _ in range(count):
        seen = collections.Counter()
        for word, parts in spelt.items():
            for pair in zip(parts, parts[1:]):
                seen[pair] += words[word]
        best = max(sorted(seen), key=seen.get)
        merges.append(best)
        vocabulary.setdefault(merge(*best), len(vocabulary))
        for word, parts in spelt.items():
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at:at + 2] = [merge(*best)]
                at += 1
    return vocabulary, merges


def within(word):
    return [word[0]] + ["##" + c for c in word[1:]]


def whole(model, pre, decoder, normalizer=None, post=None):
    made = Tokenizer(model)
    made.pre_tokenizer, made.decoder = pre, decoder
    if normalizer:
        made.normalizer = normalizer
    if post:
        made.post_processor = post
    return made


def bert():
    vocabulary, _ = pairs(["[PAD]", "[UNK]", "[CLS]", "[SEP]"], lambda word: within(word.lower()),
                          lambda a, b: a + b[2:], 130)
    return whole(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=12),
                 pre_tokenizers.BertPreTokenizer(), decoders.WordPiece(), normalizers.BertNormalizer(),
                 processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)))


def word_end():
    """GPT-1's kind."""
    vocabulary, merges = pairs(["<unk>"], lambda word: [*word[:-1], word[-1] + "</w>"], lambda a, b: a + b, 130)
    return whole(models.BPE(vocabulary, merges, unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=True),
                 pre_tokenizers.BertPreTokenizer(), decoders.BPEDecoder("</w>"))


def prefixed():
    vocabulary, merges = pairs(["<unk>", "<s>", "</s>"], within, lambda a, b: a + b[2:], 130)
    return whole(models.BPE(vocabulary, merges, unk_token="<unk>", continuing_subword_prefix="##"),
                 pre_tokenizers.Whitespace(), decoders.WordPiece(cleanup=False), None,
                 processors.RobertaProcessing(("</s>", 2), ("<s>", 1)))


KINDS = {
    "llama2": llama2,
    "llama": lambda: by_class("LlamaTokenizer", "bpe"),
    "gemma": lambda: by_class("GemmaTokenizer", "bpe"),
    "nllb": lambda: by_class("NllbTokenizer", "bpe"),
    "t5": lambda: converted("T5"),
    "xlnet": lambda: converted("XLNet"),
    "albert": lambda: converted("Albert"),
    "unigram_bytes": lambda: converted("Llama", True),
    "bert": bert,
    "word_end": word_end,
    "prefixed": prefixed,
}

byte_level = decoders.ByteLevel()
DECODERS = [decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0), decoders.Strip(" ", 0, 1),
            decoders.Strip("a", 2, 1), decoders.Replace("▁", " "), decoders.Replace(tokenizers.Regex("a+|▁"), "-"),
            decoders.Replace("", "x"), decoders.Metaspace(), decoders.Metaspace(prepend_scheme="never"),
            decoders.Metaspace(prepend_scheme="first"), decoders.WordPiece(), decoders.WordPiece(cleanup=False),
            decoders.WordPiece(prefix=""), decoders.BPEDecoder(), decoders.BPEDecoder(""), decoders.CTC(), decoders.CTC(cleanup=False),
            decoders.CTC(pad_token="a", word_delimiter_token="▁"), byte_level,
            decoders.Sequence([]), decoders.Sequence([decoders.Fuse(), decoders.Metaspace()]),
            decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]),
            decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(), decoders.Strip("a", 1, 2)]),
            decoders.Sequence([decoders.Fuse(), decoders.Replace("ab", "c"), decoders.Strip("c", 1, 1)]),
            decoders.Sequence([byte_level, decoders.BPEDecoder("a"), decoders.Fuse()]),
            decoders.Sequence([byte_level, decoders.WordPiece()]), decoders.Sequence([decoders.Fuse(), decoders.ByteFallback()]),
            decoders.Sequence([decoders.Fuse(), byte_level, decoders.CTC()]), decoders.Sequence([decoders.BPEDecoder(), decoders.CTC()])]
PIECES = ["▁a", "▁", "a", "aa", "ab", " ", "  a ", "##a", "##", "a</w>", "</w>", "<0x41>", "<0xC3>", "<0xA9>", "<0xa9>", "<0xE4>",
          "<0x+F>", "<0x4g>", "<0xé>", "<pad>", "|", " n't", "do not", ".", "é", "中", "Ã©", "Ġa", "â", "â\u0080", "", "▁▁", "�"]


def noise(generator):
    return "".join(generator.choice(POOL) for _ in range(generator.randint(1, 20)))


def main():
    generator = random.Random(7)
    texts = TEXTS + [noise(generator) for _ in range(30)]
    for name, make in KINDS.items():
        made = make()
        made.no_padding(), made.no_truncation()
        made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<s>", "</s>")
                                 if made.token_to_id(t) is not None])
        cases = []
        for text in texts:
            ids = made.encode(text, add_special_tokens=False).ids
            case = {"text": text, "ids": ids, "kept": made.decode(ids, skip_special_tokens=False)}
            full, cut = made.encode(text).ids, made.decode(ids)
            if full != ids:
                case["full"] = full
            if cut != case["kept"]:
                case["cut"] = cut
            cases.append(case)
        loose = []  # ids that no text gives
        for _ in range(25):
            some = [generator.randrange(made.get_vocab_size()) for _ in range(5)]
            ids = [generator.choice(some) for _ in range(generator.randint(1, 9))]
            loose.append({"ids": ids, "kept": made.decode(ids, skip_special_tokens=False), "cut": made.decode(ids)})
        written = json.loads(made.to_str())
        written["golden"] = {"tokenizers": tokenizers.__version__, "cases": cases, "decoding": loose}
        (here / f"{name}.json").write_text(json.dumps(written, ensure_ascii=False, separators=(",", ":")) + "\n")

    decoded = []
    for decoder in DECODERS:
        cases = []
        while len(cases) < 25:
            tokens = [generator.choice(PIECES) for _ in range(generator.randint(1, 8))]
            try:
                cases.append([tokens, decoder.decode(tokens)])
            except BaseException as panic:  # Strip of more than a token has
                assert type(panic).__name__ == "PanicException", panic
        decoded.append({"decoder": json.loads(decoder.__getstate__()), "cases": cases})
    (here / "decoders.json").write_text(json.dumps({"tokenizers": tokenizers.__version__, "decoders": decoded},
                                                   ensure_ascii=False, separators=(",", ":")) + "\n")


main()
