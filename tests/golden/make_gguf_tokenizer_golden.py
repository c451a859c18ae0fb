"""Writes what tests/pretrained/tokenizer_from_gguf_test.cpp reads: GGUF files with a vocabulary alone, and the ids that
llama.cpp, and where it only approximates a tokenizer transformers, gives some texts with them.

Run:  python tests/golden/make_gguf_tokenizer_golden.py    (writes into tests/model/data/gguf)

Needs llama-cpp-python 0.3.36, gguf 0.19.0, sentencepiece 0.2, tokenizers 0.23.3 and transformers 5.23.0.
"""
import json
import pathlib
import random
import re
import tempfile

import gguf
import llama_cpp
import sentencepiece
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

root = pathlib.Path(__file__).resolve().parents[2]
here = root / "tests" / "model" / "data" / "gguf"
headers = root / "include" / "aha" / "model" / "files"
work = pathlib.Path(tempfile.mkdtemp())
rng = random.Random(16)
PLAIN = ["Hello world", "  two  spaces", "don't I'LL we'Ve they'd", "1234567 12 3.14159 1,000,000", "x=1;y=2\n\tz += 3\r\n\r\nend",
         "naïve café Zürich", "世界 こんにちは 한국어", "Привет Мир ПРИВЕТ", "!?...--- $5 + 3 = 8 ^_^ `code` <tag>", "   ", "\t\n \n", "trailing  ",
         "ends\n", "🙂👍🏽 a\u00a0b", "'s 'S it's IT'S", "a1b2c3 123abc", "/* note */ // x\n#include <a.h>", "(1) [2] {3} «4»",
         "“quoted” ‘s’ — dash…", "\r\n\r\n  \r\n x", "__init__ snake_case-kebab", "١٢٣ ४५ Ⅷ ½ ²", "word\n\n\n  indented",
         "100000 10000 1000 100 10 1", "<sentinel:12>x IMGIMGABZ", "a'b'c ''x 'tis"]
# What llama.cpp's regular expressions cannot say: capitals, marks, a wide space, blanks before grouped digits.
OTHER = ["CamelCase HTTPServer iPhone", "ÉCOLE приВЕТ", "e\u0301a\u0300 हिन्दी ไทย", "a  1\n\n12", "b\u3000c 中文123"]
APPROXIMATED = ["tekken", "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2", "youtu", "kimi-k2", "tiny_aya", "cohere2moe", "afmoe",
                "deepseek-llm", "deepseek-coder", "qwen2", "qwen35"]
FROM_TRANSFORMERS = APPROXIMATED[:6]


def write(path, tokens, model="gpt2", pre=None, types=None, merges=None, scores=None, keys={}):
    w = gguf.GGUFWriter(path, "llama")
    for key, value in {"block_count": 1, "context_length": 512, "embedding_length": 32, "feed_forward_length": 48, "attention.head_count": 4}.items():
        w.add_uint32("llama." + key, value)
    w.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-6)
    w.add_tokenizer_model(model)
    if pre: w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    if types: w.add_token_types(types)
    if merges: w.add_token_merges(merges)
    if scores: w.add_token_scores(scores)
    for key, value in keys.items():
        (w.add_bool if isinstance(value, bool) else w.add_uint32)("tokenizer.ggml." + key, value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


class Reference:
    def __init__(self, path):
        self.model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
        self.vocab = self.model._model.vocab

    def ids(self, text, special):
        return self.model.tokenize(text.encode(), add_bos=special, special=True)

    def facts(self):
        count = llama_cpp.llama_vocab_n_tokens(self.vocab)
        return {"bos": llama_cpp.llama_vocab_bos(self.vocab), "eos": llama_cpp.llama_vocab_eos(self.vocab),
                "add_bos": llama_cpp.llama_vocab_get_add_bos(self.vocab), "add_eos": llama_cpp.llama_vocab_get_add_eos(self.vocab),
                "end_ids": [i for i in range(count) if llama_cpp.llama_vocab_is_eog(self.vocab, i)]}


def mixture():
    text = "".join(rng.choice(PLAIN + OTHER) for _ in range(rng.randint(1, 4)))
    a, b = sorted(rng.randint(0, len(text)) for _ in range(2))
    return text[:a] + rng.choice([" ", "\n", "1", "a", ".", ""]) + text[b:] + text[a:b]


corpus = (PLAIN + OTHER) * 3 + [mixture() for _ in range(300)]

# A byte-level vocabulary whose merges cross all borders of words, so that every cut shows in the ids.
trained = Tokenizer(models.BPE())
trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
trained.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=900, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=12))
model = json.loads(trained.to_str())["model"]
tokens = [text for text, _ in sorted(model["vocab"].items(), key=lambda item: item[1])] + ["<s>", "</s>"]
types, merges = [1] * (len(tokens) - 2) + [3, 3], [" ".join(m) for m in model["merges"]]
ends = {"bos_token_id": len(tokens) - 2, "eos_token_id": len(tokens) - 1}
write(here / "byte_level.gguf", tokens, types=types, merges=merges, keys=ends)
splits = {}
for pre in [""] + re.findall(r'\{"([^"]+)", word_split::', (headers / "gguf_splits.hpp").read_text()):
    write(work / "v.gguf", tokens, pre=pre, types=types, merges=merges, keys=ends)
    reference = Reference(work / "v.gguf")
    ids = [reference.ids(text, False) for text in PLAIN + ([] if pre in APPROXIMATED else OTHER)]
    if pre in FROM_TRANSFORMERS:
        theirs = transformers.AutoTokenizer.from_pretrained(work, gguf_file="v.gguf")
        both = [theirs(text, add_special_tokens=False)["input_ids"] for text in PLAIN + OTHER]
        for text, a, b in zip(PLAIN, ids, both):
            if a != b: print(pre, "llama.cpp and transformers differ on", repr(text))
        ids = both
    splits[pre] = {"ids": ids, "add_bos": reference.facts()["add_bos"]}
same = []
for value in splits.values():
    if value["ids"] not in same: same.append(value["ids"])
splits = {pre: {"ids": same.index(value["ids"]), "add_bos": value["add_bos"]} for pre, value in splits.items()}

# SentencePiece's vocabularies.
(work / "corpus.txt").write_text("\n".join(text.replace("\n", " ") for text in corpus * 3))
TEXTS = PLAIN + OTHER + [mixture() for _ in range(20)] + ["<s>a</s> b", "a<tool>b <tool> c", " <s> lead"]
pieces = []
SENTENCEPIECE = dict(normalization_rule_name="identity", num_threads=1, vocab_size=420, hard_vocab_limit=False, minloglevel=2, input=str(work / "corpus.txt"), character_coverage=0.98)
LLAMA = dict(model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True)
T5 = dict(model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
for name, kind, options, keys in [("scores", "llama", LLAMA, {}),
                                  ("scores_bare", "llama", LLAMA | {"add_dummy_prefix": False}, {"add_space_prefix": False, "add_bos_token": False, "add_eos_token": True}),
                                  ("unigram", "t5", T5, {"add_space_prefix": True, "remove_extra_whitespaces": True})]:
    sentencepiece.SentencePieceTrainer.train(model_prefix=str(work / name), **SENTENCEPIECE, **options)
    s = sentencepiece.SentencePieceProcessor(model_file=str(work / f"{name}.model"))
    n = range(s.vocab_size())
    kinds = [2 if s.is_unknown(i) else 3 if s.is_control(i) else 6 if s.is_byte(i) else 1 for i in n]
    write(here / f"{name}.gguf", [s.id_to_piece(i) for i in n] + ["<tool>"], model=kind, pre="default" if kind == "llama" else None, types=kinds + [4], scores=[s.get_score(i) for i in n] + [-1000.0], keys=keys)
    reference = Reference(here / f"{name}.gguf")
    texts = [text for text in TEXTS if text.strip(" ") or kind == "llama"]
    pieces.append({"file": f"{name}.gguf", "texts": texts, "ids": [reference.ids(text, True) for text in texts], **reference.facts()})

# What ends a completion, what begins a text: random vocabularies with random keys. llama.cpp takes one of several tokens
# for a gap or a repository, whichever its table has first, so each vocabulary has one.
named = (headers / "gguf_end_tokens.hpp").read_text()
ENDS = [text.encode("latin1", "backslashreplace").decode("unicode_escape") for text in re.findall(r'"([^"\n]*[<>\[][^"\n]*)"', named.split("code_end {")[0])]
ONE_OF = [re.findall(r'"([^"]+)"', line) for line in re.findall(r'_token_id", \{([^}]*)\}', named)]
facts = []
for trial in range(60):
    special = [text for text in ENDS if rng.random() < 0.3] + [rng.choice(texts) for texts in ONE_OF if rng.random() < 0.5]
    special += [text for text in ["<s>", "<unk>", "<think>", "<|start|>"] if rng.random() < 0.5]
    rng.shuffle(special)
    small = ["a", "b", "ab"] + special
    keys = {}
    for key in ["bos", "eos", "eot", "eom", "unknown", "padding", "fim_pad", "fim_rep", "fim_sep"]:
        # Without these two llama.cpp takes the token 11, which means something in one released vocabulary alone.
        if key in ("bos", "eos") or rng.random() < 0.4: keys[key + "_token_id"] = rng.choice([rng.randrange(len(small))] + ([len(small), 4294967295] if key not in ("bos", "eos") else []))
    for key in ["add_bos_token", "add_eos_token"]:
        if rng.random() < 0.3: keys[key] = rng.random() < 0.5
    pre = rng.choice(["", "default", "llama-bpe", "tekken", "qwen2", "glm4"])
    kinds = [1, 1, 1] + [rng.choice([1, 2, 3, 3, 3, 4, 5]) for _ in special]
    write(work / "f.gguf", small, pre=pre, types=kinds, merges=["a b"], keys=keys)
    facts.append({"tokens": small, "types": kinds, "pre": pre, "keys": keys, **Reference(work / "f.gguf").facts()})

(here / "tokenizers.json").write_text(json.dumps({
    "versions": {"llama-cpp-python": llama_cpp.__version__, "transformers": transformers.__version__, "sentencepiece": sentencepiece.__version__},
    "texts": PLAIN + OTHER, "ids": same, "splits": splits, "pieces": pieces, "facts": facts}, ensure_ascii=False, separators=(",", ":")) + "\n")
for file in here.rglob("*"): file.chmod(0o644)
print(sum(f.stat().st_size for f in here.rglob("*") if f.is_file()), "bytes in", here.name, "-", len(same), "ways to cut")
