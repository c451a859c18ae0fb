#!/usr/bin/env python3
"""Writes tests/train/data/dpo.json: losses, metrics and gradient norms of steps of TRL's own DPOTrainer on
tests/model/data/decoder_llama, by loss type. Versions are in the file."""
import json, os, pathlib, tempfile
os.environ["HF_HUB_OFFLINE"] = "1"
import datasets, tokenizers, torch, transformers, trl

tests = pathlib.Path(__file__).parent.parent
folder = tests / "model" / "data" / "decoder_llama"
out = tests / "train" / "data" / "dpo.json"
steps, batch, pad = 8, 4, 60

generator = torch.Generator().manual_seed(11)


def tokens(low, high):
    count = torch.randint(low, high, (1,), generator=generator).item()
    return torch.randint(2, pad, (count,), generator=generator).tolist()


def pair():
    return {"prompt_ids": tokens(2, 9), "chosen_ids": tokens(1, 14) + [1], "rejected_ids": tokens(1, 14) + [1]}


pairs = [pair() for _ in range(steps * batch)]
vocabulary = {f"t{i}": i for i in range(61)}
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="t0")),
    pad_token=f"t{pad}", eos_token="t1", bos_token="t0")
keys = ("loss", "grad_norm", "learning_rate", "rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins",
        "logps/chosen", "logps/rejected", "epoch")


class of_tokens(trl.DPOTrainer):
    """The rows are tokens already."""

    def _prepare_dataset(self, dataset, *_):
        return dataset


cases = []
for loss_type, beta, smoothing in (("sigmoid", 0.1, 0.0), ("sigmoid", 0.1, 0.3), ("robust", 0.5, 0.2), ("ipo", 0.1, 0.0),
                                   ("sigmoid_norm", 5.0, 0.0)):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    config = trl.DPOConfig(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to=[], max_length=64,
        per_device_train_batch_size=batch, num_train_epochs=2, learning_rate=3e-3, lr_scheduler_type="linear",
        logging_steps=1, save_strategy="no", gradient_checkpointing=False, weight_decay=0.01, max_grad_norm=1.0,
        loss_type=[loss_type], beta=beta, label_smoothing=smoothing, train_sampling_strategy="sequential",
        disable_tqdm=True)
    trainer = of_tokens(model=model, args=config, processing_class=tokenizer,
                        train_dataset=datasets.Dataset.from_list(pairs))
    trainer.train()
    log = [line for line in trainer.state.log_history if "loss" in line]
    assert len(log) == 2 * steps
    cases.append({"loss_type": loss_type, "beta": beta, "label_smoothing": smoothing,
                  "steps": [{key: line[key] for key in keys} for line in log]})
    print(loss_type, smoothing, [line["loss"] for line in log])

result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__},
          "batch": batch, "pairs": pairs, "cases": cases}
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
