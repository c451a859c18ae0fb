"""What `run` beside this file compares with: transformers' log-probs, and a GRPO step of transformers' own generate with
a plain PyTorch loss on the same work."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen3Config

SHAPES = {
    "tiny": (Qwen2Config, dict(num_hidden_layers=2, hidden_size=64, num_attention_heads=4, num_key_value_heads=2,
                               head_dim=16, intermediate_size=128, vocab_size=512)),
    "qwen2.5-0.5b": (Qwen2Config, dict(num_hidden_layers=24, hidden_size=896, num_attention_heads=14,
                                       num_key_value_heads=2, intermediate_size=4864, vocab_size=151936)),
    "qwen3-0.6b": (Qwen3Config, dict(num_hidden_layers=28, hidden_size=1024, num_attention_heads=16,
                                     num_key_value_heads=8, head_dim=128, intermediate_size=3072, vocab_size=151936)),
    "qwen2.5-1.5b": (Qwen2Config, dict(num_hidden_layers=28, hidden_size=1536, num_attention_heads=12,
                                       num_key_value_heads=2, intermediate_size=8960, vocab_size=151936)),
}


def made(name, dtype, device, **more):
    kind, sizes = SHAPES[name]
    torch.manual_seed(0)
    config = kind(**sizes, tie_word_embeddings=True, max_position_embeddings=8192, rope_theta=1e6, bos_token_id=0,
                  eos_token_id=1, pad_token_id=1, **more)
    return AutoModelForCausalLM.from_config(config, dtype=dtype).to(device).eval()


def fidelity(options):
    """The largest difference of log-probs of one saved model: ours in float32 and bfloat16 against transformers'."""
    worst = 0
    for name, kind in (("tiny", Qwen2Config), ("tiny", Qwen3Config)):
        sizes = dict(SHAPES[name][1])
        torch.manual_seed(1)
        config = kind(**sizes, tie_word_embeddings=True, max_position_embeddings=512, bos_token_id=0, eos_token_id=1,
                      initializer_range=0.1)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            model.save_pretrained(folder / "model")
            texts = [torch.randint(2, config.vocab_size, (n,)).tolist() for n in (5, 64, 200)]
            (folder / "in").write_text("".join(json.dumps({"ids": ids}) + "\n" for ids in texts))
            for precision, most in (("fp32", 1e-3), ("bf16", 0.2)):
                subprocess.run([options.score, "--model", folder / "model", "--in", folder / "in", "--out",
                                folder / "out", "--precision", precision, "--device", options.device], check=True)
                ours = [json.loads(line)["log_probs"][1:] for line in (folder / "out").read_text().splitlines()]
                with torch.no_grad():
                    largest = 0
                    for ids, mine in zip(texts, ours):
                        all_log_probs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
                        theirs = all_log_probs[:-1].gather(1, torch.tensor(ids[1:]).unsqueeze(1)).squeeze(1)
                        largest = max(largest, (theirs - torch.tensor(mine)).abs().max().item())
                print(json.dumps({"measure": "fidelity", "model": kind.__name__, "precision": precision,
                                  "largest_difference": largest, "most": most}), flush=True)
                worst = max(worst, largest / most)
    sys.exit(worst > 1)


def sync(device):
    if device == "cuda":
        torch.cuda.synchronize()


def grpo(options):
    """The steps that our measurements hold, by transformers' generate (bfloat16 weights, which is its best case) and a
    loss over whole logits; then the ratio."""
    device = options.device
    for line in pathlib.Path(options.measured).read_text().splitlines():
        ours = json.loads(line)
        if ours["measure"] != "grpo":
            continue
        prompts, group, new = ours["prompts"], ours["completions"], ours["new_tokens"]
        model = made(ours["model"], torch.bfloat16, device)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0, fused=device == "cuda")
        asked = torch.randint(2, 500, (prompts, ours["prompt_tokens"]), device=device)
        times = []
        for _ in range(2):
            sync(device)
            start = time.perf_counter()
            with torch.no_grad():
                rows = model.generate(asked, attention_mask=torch.ones_like(asked), do_sample=True, top_k=0,
                                      num_return_sequences=group, max_new_tokens=new, min_new_tokens=new)
            sync(device)
            rollout = time.perf_counter() - start
            advantages = torch.randn(rows.size(0), device=device)
            optimizer.zero_grad()
            for part, advantage in zip(rows.split(4), advantages.split(4)):
                logits = model(part).logits[:, -new - 1:-1].float()
                log_probs = logits.log_softmax(-1).gather(2, part[:, -new:].unsqueeze(2)).squeeze(2)
                (-(log_probs * advantage.unsqueeze(1)).sum() / (rows.size(0) * new)).backward()
            optimizer.step()
            sync(device)
            times.append((time.perf_counter() - start, rollout))
        whole, rollout = min(times)
        print(json.dumps({"measure": "grpo_peer", "model": ours["model"], "step_s": whole, "rollout_s": rollout,
                          "train_s": whole - rollout, "tokens_per_s": rows.size(0) * new / rollout,
                          "times_as_long_as_ours": whole / ours["step_s"]}), flush=True)
        del model, optimizer
        if device == "cuda":
            torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["fidelity", "grpo"])
    parser.add_argument("--score")
    parser.add_argument("--measured")
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    {"fidelity": fidelity, "grpo": grpo}[options.part](options)


if __name__ == "__main__":
    main()
