"""Writes tests/text/data/tokenizers/settings.json: small tokenizer folders, and what AutoTokenizer makes of them.

Run:  python tests/golden/make_token_settings_golden.py
with transformers 5.23.0 and tokenizers 0.23.3 (pip install transformers==5.23.0 tokenizers==0.23.3)
"""
import json
import pathlib
import tempfile

import transformers
from tokenizers import __version__

transformers.logging.set_verbosity_error()
here = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "tokenizers"


def token(content, **flags):
    return {"content": content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
            "special": False, **flags}


def base(*more, **changes):
    vocabulary = {c: i for i, c in enumerate("abcdxy<>/\u0120")}
    vocabulary["ab"] = len(vocabulary)
    n = len(vocabulary)
    specials = [token("<s>", id=n, special=True), token("</s>", id=n + 1, special=True)]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [*specials, *more],
            "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                                                  "use_regex": True},
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}}],
                               "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                               "special_tokens": {"<s>": {"id": "<s>", "ids": [n], "tokens": ["<s>"]}}},
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocabulary, "merges": [["a", "b"]]}, **changes}


N = 13  # the next id
tool = token("<x>", id=N)
ends = {"bos_token": "<s>", "eos_token": "</s>"}
# tokenizer.json, tokenizer_config.json, special_tokens_map.json, added_tokens.json, text
CASES = [
    (base(), {}, None, None, "a</s>b"), (base(), ends, None, None, "a</s>b"), (base(), None, ends, None, "a</s>b"),
    (base(), {}, {"eos_token": token("</s>"), "bos_token": "<s>"}, None, "a</s>b"),
    (base(), {"eos_token": "<s>"}, {"eos_token": "</s>"}, None, "a"),
    (base(), {"eos_token": "<s>"}, {"eos_token": None}, None, "a"), (base(), {"eos_token": None}, ends, None, "a"),
    (base(), {"eos_token": "<s>", "added_tokens_decoder": {}}, ends, None, "a"),
    (base(), {"eos_token": "<x>"}, None, None, "a<x>b"), (base(), {"eos_token": "ab"}, None, None, "xabab"),
    (base(), {"eos_token": ""}, None, None, "a"),
    (base(tool), {"eos_token": "<x>"}, None, None, "a<x>b"), (base(), {"pad_token": "<x>"}, None, None, "a<x>b"),
    (base(), {"x_token": "<x>"}, None, None, "a<x>b"), (base(), {"x_token": "ab"}, None, None, "xabab"),
    (base(), {"x_token": None}, None, None, "a"),
    (base(), {"extra_special_tokens": ["<x>"]}, None, None, "a<x>b"),
    (base(), {"extra_special_tokens": ["ab"]}, None, None, "xabab"),
    (base(), {"extra_special_tokens": {"x_token": "<x>"}}, None, None, "a<x>b"),
    (base(tool), {"extra_special_tokens": ["<x>"]}, None, None, "a<x>b"),
    (base(), {"additional_special_tokens": ["<x>", "<y>"]}, None, None, "a<y><x>b"),
    (base(), {"additional_special_tokens": ["<x>"], "extra_special_tokens": ["<y>"]}, None, None, "<x><y>"),
    (base(), {"additional_special_tokens": ["<x>"], "extra_special_tokens": []}, None, None, "<x>"),
    (base(), {}, {"additional_special_tokens": ["<x>"]}, None, "<x>"),
    (base(), {}, {"extra_special_tokens": ["<x>"]}, None, "<x>"),
    (base(), {"added_tokens_decoder": {str(N): token("<x>")}}, None, None, "a<x>b"),
    (base(), {"added_tokens_decoder": {str(N): token("<x>", special=True)}}, None, None, "a<x>b"),
    (base(), {"added_tokens_decoder": {"99": token("<x>"), "55": token("<y>", rstrip=True)}}, None, None, "<x><y>  b"),
    (base(), {"added_tokens_decoder": {"2": token("ab")}}, None, None, "xabab"),
    (base(tool), {"added_tokens_decoder": {"5": token("<x>", special=True)}}, None, None, "a<x>b"),
    (base(tool), {"added_tokens_decoder": {str(N): token("<x>", rstrip=True)}}, None, None, "a<x>  b"),
    (base({**tool, "special": True}), {"added_tokens_decoder": {str(N): token("<x>")}}, None, None, "a<x>b"),
    (base({**tool, "rstrip": True}), {"eos_token": "<x>"}, None, None, "a<x>  b"),
    (base({**tool, "rstrip": True}), {"eos_token": "<x>", "added_tokens_decoder": {}}, None, None, "a<x>  b"),
    (base(), {}, None, {"<x>": N}, "a<x>b"), (base(), {"eos_token": "<x>"}, None, {"<x>": N}, "a<x>b"),
    (base(), {"added_tokens_decoder": {}}, None, {"<x>": N}, "a<x>b"),
    (base(tool, {**tool, "rstrip": True}), {}, None, None, "a<x>  b"),
    (base({**tool, "content": ""}), {}, None, None, "a"),
    (base(), {**ends, "add_bos_token": False, "add_eos_token": True}, None, None, "a"),
    (base(post_processor=None), {**ends, "add_bos_token": True}, None, None, "a"),
    (base(), {"eos_token": "<d>", "extra_special_tokens": ["<x>"], "y_token": "<y>", "pad_token": "<c>",
              "added_tokens_decoder": {"99": token("<a>")}}, None, None, "<d><x><y><c><a>"),
    (base(), {"pad_token": "<c>", "extra_special_tokens": {"z_token": "<a>"}, "bos_token": "<b>", "eos_token": "<d>",
              "y_token": "<y>"}, None, None, "<d><a><y><c><b>"),
]


def main():
    found = []
    for files in CASES:
        folder = pathlib.Path(tempfile.mkdtemp())
        names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
        case = {"files": {name: file for name, file in zip(names, files) if file is not None}, "text": files[4]}
        for name, file in case["files"].items():
            written = {"tokenizer_class": "PreTrainedTokenizerFast", **file} if name == "tokenizer_config.json" else file
            (folder / name).write_text(json.dumps(written))
        made = transformers.AutoTokenizer.from_pretrained(folder)
        ids = made(case["text"])["input_ids"]
        found.append({**case, "ids": ids, "decoded": made.decode(ids, skip_special_tokens=True), "size": len(made),
                      "bos": made.bos_token_id, "eos": made.eos_token_id})
    (here / "settings.json").write_text(json.dumps(
        {"transformers": transformers.__version__, "tokenizers": __version__, "cases": found},
        ensure_ascii=False, separators=(",", ":")) + "\n")


main()
