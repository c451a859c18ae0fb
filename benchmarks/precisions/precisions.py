#!/usr/bin/env python3
"""Runs examples/r1_zero in both precisions on several seeds and compares their reward curves.

Prints the mean reward of stretches of steps, with the lowest and the highest seed, and draws all curves. The runs stay in
--out; a run that is there already is not made again.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

PRECISIONS = {"fp32": "#ff8f00", "bf16": "#1565c0"}


def rewards(a, precision, seed):
    folder = pathlib.Path(a.out) / f"{precision}-{seed}"
    lines = folder / "metrics.jsonl"
    done = len(lines.read_text().splitlines()) if lines.exists() else 0
    if done < a.steps:
        command = [a.program, "--precision", precision, "--seed", str(seed), "--steps", str(a.steps), "--held-out", "0",
                   "--checkpoint-every", "0", "--threads", str(a.threads), "--out", str(folder)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            sys.exit(f"error: {' '.join(command)}: {run.stderr}")
        print(f"{precision}, seed {seed}: done", file=sys.stderr, flush=True)
    return [json.loads(line)["reward"] for line in lines.read_text().splitlines()][:a.steps]


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run precisions", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", default="runs/precisions")
    parser.add_argument("--picture", default="precisions.svg")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    a = parser.parse_args()
    pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
    curves = {p: [rewards(a, p, seed) for seed in a.seeds] for p in PRECISIONS}
    stretch = max(1, a.steps // 4)
    print("| steps | " + " | ".join(f"{p}: mean (lowest, highest seed)" for p in curves) + " |\n|---|---|---|")
    for begin in range(0, a.steps, stretch):
        cells = []
        for runs in curves.values():
            means = [sum(r[begin:begin + stretch]) / len(r[begin:begin + stretch]) for r in runs]
            cells.append(f"{sum(means) / len(means):.2f} ({min(means):.2f}, {max(means):.2f})")
        print(f"| {begin + 1} to {min(a.steps, begin + stretch)} | " + " | ".join(cells) + " |")
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(7, 3.6))
    for precision, runs in curves.items():
        for n, run in enumerate(runs):
            axes.plot(range(1, len(run) + 1), run, color=PRECISIONS[precision], linewidth=1, alpha=0.8,
                      label=f"{precision}, {len(runs)} seeds" if n == 0 else None)
    axes.set(xlabel="step", ylabel="mean reward (accuracy + format)", ylim=(0, 2))
    axes.legend()
    figure.tight_layout()
    figure.savefig(a.picture)


if __name__ == "__main__":
    main()
