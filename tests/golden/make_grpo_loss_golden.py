#!/usr/bin/env python3
"""Writes tests/train/data/grpo_loss.json: the loss, metrics and gradients that TRL's own GRPOTrainer and RLOOTrainer
compute for tests/model/data/decoder_llama on a fixed batch: three loss types, with and without KL term, then the other
losses of the family. Versions are in the file."""
import json, os, pathlib, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
import datasets, tokenizers, torch, transformers, trl

tests = pathlib.Path(__file__).parent.parent
folder = tests / "model" / "data" / "decoder_llama"
out = tests / "train" / "data" / "grpo_loss.json"
pad, longest, budget = 1, 9, 12  # id of padding, tokens of the longest completion, the dr_grpo constant
whole = ["model.norm.weight", "model.layers.0.input_layernorm.weight"]

generator = torch.Generator().manual_seed(5)
prompt_lengths = [3, 6, 2]
completion_lengths = [4, 9, 1, 7, 5, 2]
prompts = [torch.randint(2, 61, (n,), generator=generator).tolist() for n in prompt_lengths]
completions = [torch.randint(2, 61, (n,), generator=generator).tolist() for n in completion_lengths]
advantages = [1.25, -0.75, -1.5, 0.5, 0.0, 2.0]


def padded(rows, width, left):
    ids, mask = torch.full((len(rows), width), pad), torch.zeros(len(rows), width, dtype=torch.long)
    for i, row in enumerate(rows):
        where = slice(width - len(row), width) if left else slice(0, len(row))
        ids[i, where], mask[i, where] = torch.tensor(row), 1
    return ids, mask


def trainer(case):
    vocabulary = {f"t{i}": i for i in range(61)}
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t0")),
        pad_token="t1", eos_token="t1", bos_token="t0")
    common = dict(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to=[], beta=case["beta"],
        epsilon=case["clip_low"], epsilon_high=case["clip_high"], temperature=case["temperature"], num_generations=2,
        per_device_train_batch_size=6, gradient_accumulation_steps=1, steps_per_generation=1,
        max_completion_length=budget)
    if case["loss"] == "rloo":
        config = trl.RLOOConfig(**common)
    else:
        config = trl.GRPOConfig(
            **common, loss_type=case["loss_type"], use_bias_correction_kl=case["unbiased_kl"], delta=case["delta"],
            importance_sampling_level="sequence" if case["loss"] in ("gspo", "luspo") else "token",
            off_policy_mask_threshold=case["mask_threshold"], entropy_coef=case["entropy_bonus"])
    kind = trl.RLOOTrainer if case["loss"] == "rloo" else trl.GRPOTrainer
    made = kind(
        model=transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
                                                                attn_implementation="eager"),
        reward_funcs=lambda completions, **_: [0.0] * len(completions), args=config, processing_class=tokenizer,
        train_dataset=datasets.Dataset.from_list([{"prompt": "t2 t3"}] * 6))
    made.current_gradient_accumulation_steps = 1
    made.model.train()
    return made


def sampled(gradient):
    flat = gradient.flatten()
    places = torch.linspace(0, flat.numel() - 1, 5).long()
    return [[p.item(), flat[p].item()] for p in places]


prompt_ids, prompt_mask = padded([prompts[i // 2] for i in range(6)], max(prompt_lengths), left=True)
completion_ids, completion_mask = padded(completions, longest, left=False)
noise = [torch.rand(6, longest, generator=generator) - 0.5, torch.rand(6, longest, generator=generator) - 0.5]
plain = {"loss": "grpo", "loss_type": "dapo", "beta": 0.0, "unbiased_kl": False, "temperature": 1.0, "clip_low": 0.2,
         "clip_high": 0.28, "delta": None, "entropy_bonus": 0.0, "mask_threshold": None}
types = ("grpo", "dapo", "dr_grpo")
settings = [(f"{t}_kl" if b else t, {"loss_type": t, "beta": b}) for t in types for b in (0.0, 0.04)]
settings += [("dapo_kl_cooler", {"beta": 0.04, "temperature": 0.7})]
settings += [(f"{t}_unbiased_kl", {"loss_type": t, "beta": 0.04, "unbiased_kl": True}) for t in types]
narrow = {"clip_low": 0.03, "clip_high": 0.007}  # means of log-ratios are small
settings += [
    ("dual_clip", {"delta": 1.3}), ("entropy_bonus", {"entropy_bonus": 0.1, "temperature": 0.7}),
    ("gspo", {"loss": "gspo", "loss_type": "grpo", **narrow}),
    ("gspo_kl", {"loss": "gspo", "loss_type": "dapo", "beta": 0.04, **narrow}),
    ("cispo", {"loss": "cispo", "loss_type": "cispo", "clip_high": 1.3}),  # here TRL's epsilon_high is the bound itself
    ("cispo_kl", {"loss": "cispo", "loss_type": "cispo", "clip_high": 1.3, "beta": 0.04}),
    ("sapo", {"loss": "sapo", "loss_type": "sapo"}),
    ("sapo_kl", {"loss": "sapo", "loss_type": "sapo", "beta": 0.04}),
    ("rloo", {"loss": "rloo", "loss_type": "grpo", "clip_high": 0.02}),
    ("vespo", {"loss": "vespo", "loss_type": "vespo"}), ("vespo_kl", {"loss": "vespo", "loss_type": "vespo", "beta": 0.04}),
    ("luspo", {"loss": "luspo", "loss_type": "luspo", **narrow}), ("off_policy_mask", {"mask_threshold": 0.03})]
cases = []
for name, changed in settings:
    case = {"name": name, **plain, **changed}
    t = trainer(case)
    model = t.model
    with torch.no_grad():
        log_probs, _, _ = t._get_per_token_logps_and_entropies(
            model, torch.cat([prompt_ids, completion_ids], 1), torch.cat([prompt_mask, completion_mask], 1), longest,
            compute_entropy=True)
    inputs = {"prompt_ids": prompt_ids, "prompt_mask": prompt_mask, "completion_ids": completion_ids,
              "completion_mask": completion_mask, "advantages": torch.tensor(advantages),
              "old_per_token_logps": log_probs + noise[0], "ref_per_token_logps": log_probs + 1.5 * noise[1],
              "num_items_in_batch": completion_mask.sum()}
    inputs["old_logps"] = (inputs["old_per_token_logps"] * completion_mask).sum(1)  # what RLOO reads
    model.zero_grad()
    loss = t._compute_loss(model, inputs)
    loss.backward()
    kept = completion_mask.bool()
    metrics = {k: v[-1] for k, v in t._metrics["train"].items()
               if k in ("kl", "entropy", "cispo_clip_ratio") or k.startswith("clip_ratio/")}
    gradients = {n: p.grad for n, p in model.named_parameters()}
    cases.append({
        **case, "value": loss.item(), "metrics": metrics,
        "log_probs": log_probs[kept].tolist(), "old_log_probs": inputs["old_per_token_logps"][kept].tolist(),
        "ref_log_probs": inputs["ref_per_token_logps"][kept].tolist(),
        "gradients": {n: {"norm": g.norm().item(), "entries": sampled(g)} for n, g in gradients.items()},
        "whole_gradients": {n: gradients[n].tolist() for n in whole}})
    print(name, loss.item(), metrics)

result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__},
          "budget": budget, "prompts": prompts, "completions": completions,
          "advantages": advantages, "cases": cases}
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
