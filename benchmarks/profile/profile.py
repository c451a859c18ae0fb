#!/usr/bin/env python3
"""Samples benchmarks/grpo_step with `perf` and adds samples up by kind of work: a column a preset, seconds of both threads."""
import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile

KINDS = [  # the first pattern that matches the symbol or its library names the kind
    ("loading and first weights", r"initialize|log1p|__cos_|expand_|random_stream|gguf|safetensors"),
    ("waiting for the other thread", r"libgomp|omp_"),
    ("attention, training", r"tree_attention|product_tile|product_stripe|small_product"),
    ("attention, decoding", r"decode_attention|softmax_over"),
    ("softmax over the vocabulary", r"score_|log_sum|shifted_sum|entropy_of|pick_token|draw_among|fast_exp|pick<"),
    ("norms, gates, rotary", r"norm|silu|rotate|rotary|gated"),
    ("optimizer and gradient norm", r"adamw|clip_gradient"),
    ("matrix products", r"JIT|jitted|perf-\d+\.map|\[unknown\]|mkl_|dnnl|sgemm|brgemm"),
    ("pages and memory", r"kernel|libc\.so|malloc|memmove|memset"),
    ("LibTorch's other loops", r"libtorch|libc10|callback_fn|at::"),
]


def kind_of(text):
    return next((kind for kind, pattern in KINDS if re.search(pattern, text)), "other")


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run profile", description=__doc__)
    parser.add_argument("--presets", nargs="+", default=["tiny", "small", "long", "prefix", "smollm2"])
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    a = parser.parse_args()
    columns, steps = {}, {}
    for preset in a.presets:
        with tempfile.NamedTemporaryFile() as data:
            done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "500", "-o", data.name, a.program,
                                   "--preset", preset, "--precision", a.precision, "--steps", str(a.steps)],
                                  capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"error: perf record of {preset} failed: {done.stderr[-500:]}")
            steps[preset] = json.loads([l for l in done.stdout.splitlines() if l.startswith("{")][-1])
            report = subprocess.run(["perf", "report", "-i", data.name, "--no-children", "--stdio", "-F",
                                     "sample,dso,symbol"], capture_output=True, text=True).stdout
        column = collections.Counter()
        for line in report.splitlines():
            match = re.match(r"\s*(\d+)\s+(.*)", line)
            if match:
                column[kind_of(match[2])] += int(match[1])
        del column["loading and first weights"]
        columns[preset] = column
    print("| share of processor time, % | " + " | ".join(a.presets) + " |")
    print("|---|" + "---|" * len(a.presets))
    for kind in [k for k, _ in KINDS if k != "loading and first weights"] + ["other"]:
        shares = [100 * columns[p][kind] / sum(columns[p].values()) for p in a.presets]
        print(f"| {kind} | " + " | ".join(f"{s:.1f}" for s in shares) + " |")
    print("| seconds of a step, profiled | " + " | ".join(f"{steps[p]['step_s']:.2f}" for p in a.presets) + " |")


if __name__ == "__main__":
    main()
