"""Writes the files that tests/pretrained/*_test.cpp read, with the reference libraries: safetensors, gguf, transformers.

Run:  python tests/golden/make_model_files_golden.py    (writes into tests/model/data/files)
"""
import json
import pathlib
import shutil

import gguf
import numpy as np
import safetensors
import torch
import transformers
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent.parent / "model" / "data" / "files"
shutil.rmtree(here, ignore_errors=True)
here.mkdir(parents=True)
(here / "versions.json").write_text(json.dumps({
    "safetensors": safetensors.__version__, "gguf": "0.19.0", "torch": torch.__version__,
    "transformers": transformers.__version__}, indent=1) + "\n")

# One tensor of each type: element i is i - 3, or its parity for booleans.
types = {"half": torch.float16, "brain": torch.bfloat16, "single": torch.float32, "double": torch.float64,
         "long": torch.int64, "int": torch.int32, "short": torch.int16, "char": torch.int8}
tensors = {name: (torch.arange(6) - 3).to(dtype).reshape(2, 3) for name, dtype in types.items()}
tensors["byte"] = torch.arange(5, dtype=torch.uint8)
tensors["flag"] = torch.arange(3) % 2 == 1
tensors["empty"] = torch.zeros(0, 4)
tensors["scalar"] = torch.tensor(2.5)
tensors["another single"] = torch.tensor([0.5, -0.25])
save_file(tensors, here / "types.safetensors", metadata={"format": "pt"})

# One tensor of each quantised type, with what gguf-py makes of it. gguf-py cannot quantise to the K types, so those hold
# random blocks with scales that are ordinary numbers.
random = np.random.default_rng(7)
Q = gguf.GGMLQuantizationType
writer = gguf.GGUFWriter(here / "types.gguf", "llama")
writer.add_uint8("a.uint8", 200)
writer.add_int8("a.int8", -100)
writer.add_uint16("a.uint16", 60000)
writer.add_int16("a.int16", -30000)
writer.add_uint32("a.uint32", 4000000000)
writer.add_int32("a.int32", -2000000000)
writer.add_uint64("a.uint64", 2**63 + 5)
writer.add_int64("a.int64", -2**62)
writer.add_float32("a.float32", 0.1)
writer.add_float64("a.float64", 0.1)
writer.add_bool("a.bool", True)
writer.add_string("a.string", "Grüße\n")
writer.add_array("a.integers", [1, -2, 3])
writer.add_array("a.floats", [0.5, -0.25])
writer.add_array("a.booleans", [True, False])
writer.add_array("a.strings", ["x", "", "日本"])
expected = {}
scale_at = {Q.Q4_K: (0, 2), Q.Q5_K: (0, 2), Q.Q6_K: (208,)}
for kind in (Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q4_K, Q.Q5_K, Q.Q6_K):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    if kind in scale_at:
        raw = random.integers(0, 256, (3, 512 // elements, size), dtype=np.uint8)
        for at in scale_at[kind]:
            raw[:, :, at:at + 2] = random.normal(size=(3, 512 // elements, 1)).astype(np.float16).view(np.uint8)
        raw = raw.reshape(3, -1)
    else:
        raw = gguf.quants.quantize(random.normal(size=(3, 512)).astype(np.float32), kind)
    writer.add_tensor(kind.name, raw, raw_dtype=kind)
    expected[kind.name] = torch.from_numpy(gguf.quants.dequantize(raw, kind).astype(np.float32).reshape(3, 512).copy())
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_file(expected, here / "types_gguf_expected.safetensors")

# A tiny model of each family, as a folder that transformers writes and as a GGUF file with llama.cpp's names and row order.
torch.manual_seed(3)
size = dict(vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, bos_token_id=1, eos_token_id=2, dtype="float16")
rope = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192}
models = {
    "llama": transformers.LlamaForCausalLM(transformers.LlamaConfig(
        **size, max_position_embeddings=16384, rope_parameters=rope, rms_norm_eps=1e-5, tie_word_embeddings=True)),
    "qwen2": transformers.Qwen2ForCausalLM(transformers.Qwen2Config(
        **size, max_position_embeddings=512, rope_parameters={"rope_type": "default", "rope_theta": 1e6})),
    "qwen3": transformers.Qwen3ForCausalLM(transformers.Qwen3Config(
        **size, head_dim=16, max_position_embeddings=512, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6})),
}
names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
in_layer = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
            "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
            "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
byte_alphabet = [chr(b) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255 else chr(256 + n)
                 for n, b in enumerate(range(256))]
for family, model in models.items():
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1)
    model = model.half()
    # The Llama folder is sharded, as transformers does it for large models.
    model.save_pretrained(here / family, max_shard_size="20KB" if family == "llama" else "5GB")
    if family == "qwen2":
        (here / family / "generation_config.json").write_text('{"eos_token_id": [2, 7], "temperature": 0.6}\n')
    c = model.config
    writer = gguf.GGUFWriter(here / f"{family}.gguf", family)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_block_count(c.num_hidden_layers)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_rope_freq_base(c.rope_parameters["rope_theta"])
    if family == "llama":
        writer.add_vocab_size(c.vocab_size)
        writer.add_rope_dimension_count(8)
    if family == "qwen3":
        writer.add_key_length(16)
        writer.add_value_length(16)
    tokens = ["<unk>", "<s>", "</s>", "<think>"] + byte_alphabet + ["ab", "abc"]
    ordinary = len(tokens) - 4
    tokens += [f"[PAD{i}]" for i in range(len(tokens), c.vocab_size)]  # as the converter fills up an embedding's rows
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre({"llama": "llama-bpe", "qwen2": "qwen2", "qwen3": "smollm"}[family])
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3, 4] + [1] * ordinary + [5] * (c.vocab_size - 4 - ordinary))
    writer.add_token_merges(["a b", "ab c"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(family == "llama")
    if family == "qwen2":
        writer.add_eot_token_id(7)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        stem, kind = name.rsplit(".", 1)
        parts = stem.split(".")
        theirs = names[stem] if stem in names else f"blk.{parts[2]}." + in_layer[".".join(parts[3:])]
        value = tensor.numpy()
        if family == "llama" and ("q_proj" in name or "k_proj" in name):
            heads = c.num_attention_heads if "q_proj" in name else c.num_key_value_heads
            value = value.reshape(heads, 2, -1, value.shape[1]).swapaxes(1, 2).reshape(value.shape)
        writer.add_tensor(f"{theirs}.{kind}", value.astype(np.float32) if value.ndim == 1 else np.ascontiguousarray(value))
    if family == "llama":
        inverse, _ = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS["llama3"](c, "cpu")
        plain = 1.0 / c.rope_parameters["rope_theta"] ** (torch.arange(0, 8, 2).float() / 8)
        writer.add_tensor("rope_freqs.weight", (plain / inverse).float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # transformers must read the GGUF file as the model that it came from. (It takes Qwen3's head_dim to be 128, whatever
    # the file says, so that family is told.)
    told = {"config": c} if family == "qwen3" else {}
    again = transformers.AutoModelForCausalLM.from_pretrained(here, gguf_file=f"{family}.gguf", **told)
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name].float(), tensor.float()), (family, name)
for file in here.rglob("*"):
    file.chmod(0o755 if file.is_dir() else 0o644)
print(sum(f.stat().st_size for f in here.rglob("*") if f.is_file()), "bytes in", here.name)
