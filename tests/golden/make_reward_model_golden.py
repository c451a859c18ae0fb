#!/usr/bin/env python3
"""Writes tests/model/data/reward_llama/, a reward model as transformers saves it (tests/model/data/decoder_llama with a seeded
head), and tests/train/data/reward_model.json: its scores and gradients, by transformers, and the losses of steps of TRL's own
RewardTrainer. Versions are in the file."""
import json, os, pathlib, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
import datasets, tokenizers, torch, transformers, trl

tests = pathlib.Path(__file__).parent.parent
folder = tests / "model" / "data" / "reward_llama"
out = tests / "train" / "data" / "reward_model.json"
steps, batch, pad = 15, 4, 60

generator = torch.Generator().manual_seed(8)


def tokens(low, high):
    count = torch.randint(low, high, (1,), generator=generator).item()
    return torch.randint(2, pad, (count,), generator=generator).tolist()


def pair():
    prompt, number = tokens(2, 9), torch.rand(1, generator=generator).item()
    return {"chosen_ids": prompt + tokens(1, 14) + [1], "rejected_ids": prompt + tokens(1, 14) + [1],
            "margin": round(number, 3)}


def loaded():
    return transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32,
                                                                          attn_implementation="eager")


def gradient_norms(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.norm().item() for name, p in model.named_parameters()}


model = transformers.AutoModelForSequenceClassification.from_pretrained(
    tests / "model" / "data" / "decoder_llama", num_labels=1, dtype=torch.float32, attn_implementation="eager")
with torch.no_grad():
    model.score.weight.copy_(torch.randn(1, 24, generator=generator) * 0.1)
model.config.pad_token_id = pad
model.save_pretrained(folder)

pairs = [pair() for _ in range(steps * batch)]
texts = [one["chosen_ids"] for one in pairs[:6]]
labels = [1.0, 0.0, 0.0, 1.0, 0.25, 1.0]
model = loaded()
scores = torch.cat([model(input_ids=torch.tensor([text])).logits[0] for text in texts])
pointwise = torch.nn.functional.binary_cross_entropy_with_logits(scores, torch.tensor(labels))

vocabulary = {f"t{i}": i for i in range(61)}
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t0")),
    pad_token=f"t{pad}", eos_token="t1", bos_token="t0")
cases = []
for margins, centering in ((False, None), (True, None), (True, 0.05)):
    rows = [one if margins else {k: v for k, v in one.items() if k != "margin"} for one in pairs]
    config = trl.RewardConfig(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to=[], max_length=64,
        per_device_train_batch_size=batch, num_train_epochs=1, learning_rate=3e-3, lr_scheduler_type="linear",
        logging_steps=1, save_strategy="no", gradient_checkpointing=False, weight_decay=0.01, max_grad_norm=1.0,
        center_rewards_coefficient=centering, train_sampling_strategy="sequential", disable_tqdm=True)
    trainer = trl.RewardTrainer(model=loaded(), args=config, processing_class=tokenizer,
                                train_dataset=datasets.Dataset.from_list(rows))
    first = trainer.data_collator(rows[:batch])
    norms = gradient_norms(trainer.model, trainer.compute_loss(trainer.model, first))
    trainer._metrics["train"].clear()
    trainer._total_train_tokens = 0
    trainer.model.zero_grad()
    trainer.train()
    log = [line for line in trainer.state.log_history if "loss" in line]
    assert len(log) == steps
    keys = ("loss", "accuracy", "margin", "mean_reward", "min_reward", "max_reward", "grad_norm", "learning_rate",
            "num_tokens", "epoch")
    with torch.no_grad():
        after = [trainer.model(input_ids=torch.tensor([text])).logits.item() for text in texts]
    cases.append({"margins": margins, "centering": centering or 0, "gradient_norms": norms,
                  "steps": [{key: line[key] for key in keys} for line in log], "scores_after": after})
    print(margins, centering, [line["loss"] for line in log])

result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__},
          "batch": batch, "pairs": pairs, "texts": texts, "labels": labels, "scores": scores.tolist(),
          "pointwise": {"loss": pointwise.item(), "gradient_norms": gradient_norms(model, pointwise)}, "cases": cases}
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
