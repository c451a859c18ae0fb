"""Writes what tests/pretrained/gguf_decoder_test.cpp reads: tiny GGUF models with biases and each way to stretch rotary
positions, and the log-probs that llama.cpp gives a text with them.

Run:  python tests/golden/make_gguf_decoder_golden.py    (writes into tests/model/data/gguf)

Needs llama-cpp-python 0.3.36 and gguf 0.19.0. Weights and the cache of keys and values are float32: llama.cpp rounds
activations to the type of the weights.
"""
import json
import math
import pathlib

import gguf
import llama_cpp
import numpy as np

here = pathlib.Path(__file__).resolve().parent.parent / "model" / "data" / "gguf"
VOCABULARY, HIDDEN, INNER, HEADS, KV_HEADS, DIM, CONTEXT = 24, 16, 8, 2, 1, 8, 512
QUERY, ATTENTION = ("attn_q", "attn_k", "attn_v"), ("attn_q", "attn_k", "attn_v", "attn_output")
scaling = lambda kind, **more: {"rope.scaling.type": kind, **{"rope.scaling." + key: value for key, value in more.items()}}
turns = lambda i, context: context / (2 * math.pi * 10000 ** (2 * i / DIM))
kept = [min(1, max(0, (turns(i, 128) - 1) / 3)) for i in range(DIM // 2)]  # Llama 3's, pretrained with 128 tokens
MODELS = {
    "plain": {}, "qwen2": {"architecture": "qwen2", "biases": QUERY}, "qwen3": {"architecture": "qwen3"},
    "biases": {"biases": ATTENTION + ("ffn_gate", "ffn_up", "ffn_down")},
    "factor": {"keys": {"rope.scaling.factor": 4.0}}, "scale_linear": {"keys": {"rope.scale_linear": 2.0}},
    "none": {"keys": scaling("none", factor=4.0)},
    "yarn": {"keys": scaling("yarn", factor=4.0, original_context_length=64, attn_factor=0.7)},
    "divisors": {"tensors": {"rope_freqs.weight": [1 / ((1 - k) / 8 + k) for k in kept]}},
    "longrope": {"keys": scaling("longrope", original_context_length=256, attn_factor=1.2),
                 "tensors": {"rope_factors_short.weight": [1, 1.5, 2, 3], "rope_factors_long.weight": [2, 3, 4, 5]}},
}
ids = [int(i) for i in np.random.default_rng(3).integers(0, VOCABULARY, 50)]
log_probs = {}
for name, model in MODELS.items():
    architecture, random = model.get("architecture", "llama"), np.random.default_rng(9)
    path = here / f"decoder_{name}.gguf"
    w = gguf.GGUFWriter(path, architecture)
    for key, value in {"block_count": 1, "context_length": CONTEXT, "embedding_length": HIDDEN, "feed_forward_length": INNER,
                       "attention.head_count": HEADS, "attention.head_count_kv": KV_HEADS, "rope.freq_base": 10000.0,
                       "attention.layer_norm_rms_epsilon": 1e-5, **model.get("keys", {})}.items():
        add = w.add_string if isinstance(value, str) else w.add_uint32 if isinstance(value, int) else w.add_float32
        add(f"{architecture}.{key}", value)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("default")
    w.add_token_list([chr(ord("A") + i) for i in range(VOCABULARY)])
    w.add_token_types([1] * VOCABULARY)
    w.add_token_merges(["A B"])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    values = lambda *shape: (random.normal(size=shape) * 0.4).astype(np.float32)
    parts = {"attn_q": (HEADS * DIM, HIDDEN), "attn_k": (KV_HEADS * DIM, HIDDEN), "attn_v": (KV_HEADS * DIM, HIDDEN), "attn_output": (HIDDEN, HEADS * DIM),
             "ffn_gate": (INNER, HIDDEN), "ffn_up": (INNER, HIDDEN), "ffn_down": (HIDDEN, INNER)}
    tensors = {"token_embd.weight": values(VOCABULARY, HIDDEN), "output_norm.weight": 1 + values(HIDDEN), "output.weight": values(VOCABULARY, HIDDEN),
               "blk.0.attn_norm.weight": 1 + values(HIDDEN), "blk.0.ffn_norm.weight": 1 + values(HIDDEN)}
    for part, shape in parts.items():
        tensors[f"blk.0.{part}.weight"], bias = values(*shape), values(shape[0])
        if part in model.get("biases", ()): tensors[f"blk.0.{part}.bias"] = bias
    if architecture == "qwen3":
        for part in ("attn_q_norm", "attn_k_norm"): tensors[f"blk.0.{part}.weight"] = 1 + values(DIM)
    for key, value in {**tensors, **model.get("tensors", {})}.items(): w.add_tensor(key, np.asarray(value, np.float32))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    made = llama_cpp.Llama(str(path), n_ctx=128, logits_all=True, verbose=False, type_k=0, type_v=0, flash_attn=False, n_threads=1)
    made.eval(ids)
    logits = np.array(made.scores[:len(ids)], np.float64)
    logits -= logits.max(-1, keepdims=True)
    all_of_them = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    log_probs[name] = [round(float(all_of_them[i, ids[i + 1]]), 6) for i in range(len(ids) - 1)]
(here / "decoders.json").write_text(json.dumps({"versions": {"llama-cpp-python": llama_cpp.__version__, "gguf": "0.19.0"}, "ids": ids, "log_probs": log_probs},
                                               separators=(",", ":")) + "\n")
for file in here.rglob("*"): file.chmod(0o644)
print(len({json.dumps(v) for v in log_probs.values()}), "different of", len(log_probs))
