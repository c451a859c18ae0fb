#!/usr/bin/env python3
"""Writes tests/train/data/sft.json: the losses of twenty steps of TRL's own SFTTrainer on tests/model/data/decoder_llama with
completion-only loss, by loss type, and its evaluation loss before and after. Versions are in the file."""
import json, os, pathlib, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
import datasets, tokenizers, torch, transformers, trl

tests = pathlib.Path(__file__).parent.parent
folder = tests / "model" / "data" / "decoder_llama"
out = tests / "train" / "data" / "sft.json"
steps, micro, accumulation = 20, 3, 2

generator = torch.Generator().manual_seed(6)


def draw(low, high):
    return torch.randint(low, high, (1,), generator=generator).item()


def example():
    prompt, completion = draw(2, 9), draw(1, 14)
    first = draw(2, 61)  # completions with a pattern, so that there is something to learn
    return {"input_ids": torch.randint(2, 61, (prompt,), generator=generator).tolist()
            + [2 + (first + 7 * i) % 59 for i in range(completion)] + [1],
            "completion_mask": [0] * prompt + [1] * (completion + 1)}


train = [example() for _ in range(steps * micro * accumulation)]
held_out = [example() for _ in range(10)]
vocabulary = {f"t{i}": i for i in range(61)}
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t0")),
    pad_token="t1", eos_token="t1", bos_token="t0")
cases = []
for loss_type in ("nll", "dft"):
    config = trl.SFTConfig(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to=[], loss_type=loss_type, max_length=64,
        per_device_train_batch_size=micro, gradient_accumulation_steps=accumulation, num_train_epochs=1,
        learning_rate=3e-3, lr_scheduler_type="cosine_with_min_lr", lr_scheduler_kwargs={"min_lr_rate": 0.1},
        warmup_steps=3, logging_steps=1, save_strategy="no", gradient_checkpointing=False, weight_decay=0.01,
        max_grad_norm=1.0, completion_only_loss=True, train_sampling_strategy="sequential", disable_tqdm=True,
        per_device_eval_batch_size=10)
    trainer = trl.SFTTrainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
                                                                attn_implementation="eager"),
        args=config, processing_class=tokenizer, train_dataset=datasets.Dataset.from_list(train),
        eval_dataset=datasets.Dataset.from_list(held_out))
    before = trainer.evaluate()["eval_loss"]
    trainer.train()
    after = trainer.evaluate()["eval_loss"]
    log = [line for line in trainer.state.log_history if "loss" in line]
    assert len(log) == steps
    cases.append({"loss_type": loss_type, "losses": [line["loss"] for line in log],
                  "grad_norms": [line["grad_norm"] for line in log],
                  "eval_losses": [before, after],
                  "learning_rates": [line["learning_rate"] for line in log]})
    print(loss_type, cases[-1]["losses"][:3], cases[-1]["losses"][-1], len(log))

result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__},
          "batch": micro * accumulation, "train": train, "held_out": held_out, "cases": cases}
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
