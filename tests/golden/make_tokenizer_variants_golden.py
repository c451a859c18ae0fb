"""Writes tests/text/data/tokenizers/variants.json: what the library `tokenizers` makes of some texts with tokenizers put
together of its normalizers, pre-tokenizers, regular expressions and flags of added tokens: ids, the characters that each
token came from, and the decoded text.

Run:  python tests/golden/make_tokenizer_variants_golden.py     (tokenizers 0.23.3, sentencepiece 0.2.3)
"""
import io
import json
import pathlib
import tempfile

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, trainers
from tokenizers import normalizers as N
from tokenizers import pre_tokenizers as P

HERE = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "tokenizers"
CORPUS = ["The quick brown fox jumps over the lazy dog. It's what we've been told, isn't it?", "word words sword café",
          "In May she sold 48 / 2 = 24 clips; 48 + 24 = 72.", "我们需要找到答案。日本語のテキスト 한국어 문장", "▁the ▁answer ▁is ▁the ▁word"]
TEXTS = ["", "The  quick,brown fox\tisn't 1234 (ok)...\n", "  e\u0301te\u0301 \u00e9t\u00e9 q\u0307\u0323 \u1100\u1161\u11a8 \u212b ",
         "ﬁne ½ ｱｶﾞ İSTANBUL ΣΑΣ ß", "word words Foo  <l>  é <r>  x <lr> \u0120foo<w> a<w>b abc", "中文abc日本語カナ。テスト！",
         "\u200b\x01a\x7f\ufeff\u3000b\u00a0c\u2028d", "👩\u200d👩\u200d👧 ❤\ufe0f \U0001d15e \u2adc a\u0300\u0323"]
FLAGS = [AddedToken("<l>", special=True, normalized=False, lstrip=True), AddedToken("<r>", special=True, normalized=False,
         rstrip=True), AddedToken("<lr>", special=True, normalized=False, lstrip=True, rstrip=True),
         AddedToken("<w>", single_word=True, normalized=False), AddedToken("word", single_word=True, normalized=True),
         AddedToken("Foo", normalized=True, lstrip=True), AddedToken("é", normalized=True),
         AddedToken("\u0120foo", normalized=False), AddedToken("abc", normalized=True), AddedToken("ab", normalized=True)]


def charsmap():
    """Rules of each kind: one to one, one to several, several to one, to nothing, two with the same beginning."""
    rules = {"A": "a", "ﬁ": "fi", "½": "1/2", "e\u0301": "é", "e": "E", "\u200b": "", "\u3000": " ", "ｶ": "カ", "ｶﾞ": "ガ", "İ": "i̇",
             "\u0301": "", "ab": "X", "👩": "w"}
    codes = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with tempfile.TemporaryDirectory() as folder:
        tsv = pathlib.Path(folder) / "rules.tsv"
        tsv.write_text("".join(f"{codes(old)}\t{codes(new)}\n" for old, new in rules.items()))
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(CORPUS * 9), model_writer=model, vocab_size=90,
                                                 normalization_rule_tsv=str(tsv), minloglevel=2, hard_vocab_limit=False)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def split(pattern, behavior="isolated", invert=False):
    return P.Split(Regex(pattern), behavior, invert)


def byte_level(*first, regex=False, space=False):
    return P.Sequence([*first, P.ByteLevel(add_prefix_space=space, use_regex=regex)])


NORMALIZERS = [N.NFC(), N.NFD(), N.NFKC(), N.NFKD(), N.Lowercase(), N.Strip(), N.Strip(True, False), N.Strip(False, True),
               N.StripAccents(), N.Sequence([N.NFD(), N.StripAccents()]), N.Nmt(), N.BertNormalizer(),
               N.BertNormalizer(lowercase=False), N.BertNormalizer(False, False, False, True),
               N.BertNormalizer(strip_accents=True, lowercase=False), N.ByteLevel(), N.Prepend("▁"), N.Prepend("ab"),
               N.Replace(" ", "▁"), N.Replace(Regex(r"\s+"), " "), N.Replace(Regex("[aeiou]"), ""), N.Replace("a", "<αβγ>"),
               N.Sequence([]), N.Sequence([N.NFKC(), N.Lowercase(), N.Strip(), N.Prepend("__"), N.Replace(Regex(" {2,}"), "▁")]),
               N.Sequence([N.Nmt(), N.NFKD(), N.StripAccents(), N.Lowercase(), N.NFC()])]
BYTES = [byte_level(regex=True), byte_level(regex=True, space=True), byte_level(), byte_level(space=True),
         byte_level(P.Digits(True), regex=True), byte_level(P.Digits(False)),
         *[byte_level(P.Punctuation(b)) for b in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]],
         byte_level(P.CharDelimiterSplit("e")), byte_level(P.FixedLength(3)), byte_level(P.BertPreTokenizer()),
         byte_level(P.Whitespace()), byte_level(P.WhitespaceSplit(), space=True),
         *[byte_level(split(p)) for p in
           [r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+|"
            r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", r"[a-z&&[^b-e]]+", r"[^a[b-d]\s]+", r"[^[^\p{L}]]+",
            r"[\p{L}&&\p{Han}]", r"[[:alpha:]&&[^[:upper:]]]+", r"[^\W_]+", r"[[:^alnum:]]+", r"(?:\p{N}{2})+", r"\p{N}{2}+", r"o{2}?",
            r"[aeiou]{,1}n", r"(?m:q.)", r"\b\w", r"\B\w", r"\R+", r"\X", r"(?<n>[a-z])\k<n>", r"\H+", r"\p{Lowercase_Letter}+",
            r"\p{^Alnum}+", r"[\w-]+"]]]
METASPACES = [*[P.Metaspace("▁", scheme, cut) for scheme in ["always", "first", "never"] for cut in [True, False]],
              P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), P.Sequence([P.Digits(True), P.Metaspace("_", "first")]),
              P.Sequence([P.Metaspace("▁", "first"), P.Whitespace()]), P.FixedLength(1), None]


def trained(byte):
    made = Tokenizer(models.BPE() if byte else models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = byte_level(regex=True) if byte else P.Metaspace()
    alphabet = sorted(P.ByteLevel.alphabet()) if byte else []
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=310 if byte else 110, initial_alphabet=alphabet,
                                                        special_tokens=[] if byte else ["<unk>"], show_progress=False))
    return json.loads(made.to_str())["model"]


def main():
    sets = {"bytes": trained(True), "characters": trained(False)}
    charsmaps = [N.Precompiled(charsmap()), N.Sequence([N.Precompiled(charsmap()), N.Replace(Regex(" {2,}"), " ")])]
    variants = [("bytes", n, BYTES[0]) for n in NORMALIZERS] + [("bytes", N.NFKD(), p) for p in BYTES[1:4]]
    variants += [("bytes", None, p) for p in BYTES] + [("characters", None, p) for p in METASPACES]
    variants += [("characters", n, p) for n in [N.NFKC(), N.Strip(), N.Prepend("▁")] for p in METASPACES[2:4]]
    variants += [("bytes", n, BYTES[2]) for n in charsmaps]
    written = []
    for model, normalizer, pre in variants:
        made = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": sets[model]}))
        if normalizer is not None:
            made.normalizer = normalizer
        if pre is not None:
            made.pre_tokenizer = pre
        if model == "bytes":
            made.decoder = decoders.ByteLevel()
        made.add_tokens(FLAGS)
        cases = []
        for text in TEXTS:
            one = made.encode(text, add_special_tokens=False)
            cases.append([one.ids, [x for span in one.offsets for x in span], made.decode(one.ids, skip_special_tokens=False)])
        says = json.loads(made.to_str())
        written.append({key: says[key] for key in ["added_tokens", "normalizer", "pre_tokenizer", "decoder"]} |
                       {"model": model, "cases": cases})
    assert len(written) >= 76
    # The flags are the same for all variants with the same model and normalizer; each list is written once.
    lists = []
    for one in written:
        if one["added_tokens"] not in lists:
            lists.append(one["added_tokens"])
        one["added_tokens"] = lists.index(one["added_tokens"])
    (HERE / "variants.json").write_text(json.dumps(
        {"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__, "models": sets,
         "added_tokens": lists, "texts": TEXTS, "variants": written}, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
