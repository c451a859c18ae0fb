#!/usr/bin/env python3
"""Writes tests/model/data/decoder_<architecture>/: a tiny random Hugging Face folder and, in expected.json, the log-probs and
the gradient norms that transformers computes for it in float32; of scaled rotary positions also log-probs of a text
beyond the context of pretraining. Names given as arguments: only those. Versions are in the file."""
import json, pathlib, sys, torch, transformers
from transformers import (LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

here = pathlib.Path(__file__).parent.parent / "model" / "data"
shape = dict(vocab_size=61, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=128, bos_token_id=0, eos_token_id=1, pad_token_id=None)
llama3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
models = {
    "llama": (LlamaForCausalLM, LlamaConfig(**shape, tie_word_embeddings=False, rms_norm_eps=1e-5, rope_parameters=llama3)),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**shape, tie_word_embeddings=True)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**shape, head_dim=8, tie_word_embeddings=True)),
    "llama_biases": (LlamaForCausalLM, LlamaConfig(**shape, attention_bias=True, mlp_bias=True)),
    "qwen3_yarn": (Qwen3ForCausalLM, Qwen3Config(**shape, head_dim=8, attention_bias=True, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 32})),
    "llama_yarn_scales": (LlamaForCausalLM, LlamaConfig(**shape, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 32, "beta_fast": 8.0,
        "beta_slow": 0.5, "mscale": 0.707, "mscale_all_dim": 1.0, "truncate": False})),
    "qwen2_linear": (Qwen2ForCausalLM, Qwen2Config(**shape, rope_parameters={
        "rope_type": "linear", "rope_theta": 1e4, "factor": 4.0})),
    "llama_dynamic": (LlamaForCausalLM, LlamaConfig(**{**shape, "max_position_embeddings": 64}, rope_parameters={
        "rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0})),
    "llama_longrope": (LlamaForCausalLM, LlamaConfig(**shape, rope_parameters={
        "rope_type": "longrope", "rope_theta": 1e4, "original_max_position_embeddings": 64, "factor": 2.0,
        "short_factor": [1.0, 1.1, 1.2], "long_factor": [1.0, 2.0, 3.5]})),
}
for name, (cls, config) in models.items():
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    torch.manual_seed(7)
    model = cls(config).float()
    with torch.no_grad():
        for p in model.parameters():  # norms and biases away from 1 and 0, so that a mistake in them shows
            p.normal_(1.0 if p.dim() == 1 and p.shape[0] != 0 else 0.0, 0.3)
    folder = here / f"decoder_{name}"
    model.save_pretrained(folder)
    ids = torch.randint(2, 61, (1, 40), generator=torch.Generator().manual_seed(3))
    logits = model(input_ids=ids).logits
    log_probs = torch.log_softmax(logits[0, :-1], -1).gather(1, ids[0, 1:, None]).squeeze(1)
    (-log_probs.mean()).backward()
    expected = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
                "ids": ids[0].tolist(), "log_probs": log_probs.tolist(),
                "gradient_norms": {n: p.grad.norm().item() for n, p in model.named_parameters()},
                "gradient_sums": {n: p.grad.sum().item() for n, p in model.named_parameters()}}
    if "_" in name:
        long = torch.randint(2, 61, (1, 120), generator=torch.Generator().manual_seed(4))
        with torch.no_grad():
            log_probs = torch.log_softmax(model(input_ids=long).logits[0, :-1], -1).gather(1, long[0, 1:, None]).squeeze(1)
        expected["long"] = {"ids": long[0].tolist(), "log_probs": log_probs.tolist()}
    (folder / "expected.json").write_text(json.dumps(expected))
    print(folder, expected["versions"])
