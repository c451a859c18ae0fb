#!/usr/bin/env python3
"""Writes tests/model/data/decoder_<architecture>/: a tiny random Hugging Face folder and, in expected.json, the log-probs and
the gradient norms that transformers computes for it in float32. Versions are in the file."""
import json, pathlib, torch, transformers
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
}
for name, (cls, config) in models.items():
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
    (folder / "expected.json").write_text(json.dumps(expected))
    print(folder, expected["versions"])
