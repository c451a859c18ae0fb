#!/usr/bin/env python3
"""SmolLM2 learns "What is a + b?" in both systems; prints when each reaches the goal and draws the curves.

The goal: the mean reward of the last five steps reaches 0.55. Lines of all runs go to --out, so that the picture can be
drawn again without running (--draw).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def run(command, log):
    lines = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith('{"system"'):
            lines.append(json.loads(line))
            log.write(line)
            log.flush()
            print(line, end="", file=sys.stderr, flush=True)
    if process.wait() or not lines:
        sys.exit(f"error: {' '.join(command)} ended with status {process.returncode}")
    return lines


def reached(lines, goal):
    """(step, seconds) where the mean of the last five rewards reaches `goal`, or None."""
    for n in range(5, len(lines) + 1):
        if sum(line["reward"] for line in lines[n - 5:n]) / 5 >= goal:
            return lines[n - 1]["step"], lines[n - 1]["seconds"]
    return None


def curves(path):
    runs = {}
    for line in map(json.loads, pathlib.Path(path).read_text().splitlines()):
        runs.setdefault((line["system"], line["precision"], line["seed"]), []).append(line)
    return runs


def draw(runs, goal, picture):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(8, 4.2))
    colors = {("aha", "bf16"): "#1565c0", ("aha", "fp32"): "#64b5f6", ("trl", "bf16-autocast"): "#c62828",
               ("trl", "bf16-weights"): "#ef9a9a", ("trl", "fp32"): "#ff8f00"}
    for (system, precision, seed), lines in sorted(runs.items()):
        means = [sum(l["reward"] for l in lines[max(0, n - 4):n + 1]) / (n - max(0, n - 4) + 1)
                 for n in range(len(lines))]
        axes.plot([l["seconds"] for l in lines], means, color=colors.get((system, precision), "grey"),
                  linestyle="-" if seed % 2 else "--", label=f"{system} {precision}, seed {seed}")
    axes.axhline(goal, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="seconds of training", ylabel="mean reward of the last five steps", ylim=(0, 1))
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(picture)


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run vs_trl learn", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--ours", nargs="*", default=["bf16"])
    parser.add_argument("--peers", nargs="*", default=["bf16-autocast"])
    parser.add_argument("--steps", type=int, default=45, help="most steps of a run")
    parser.add_argument("--goal", type=float, default=0.55)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", default="learn_addition.jsonl", help="lines of all runs")
    parser.add_argument("--picture", default="learn_addition.svg")
    parser.add_argument("--draw", action="store_true", help="draw what --out holds, run nothing")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--cache", required=True, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if not a.draw:
        with open(a.out, "w") as log:
            for seed in a.seeds:
                common = ["--seed", str(seed), "--steps", str(a.steps), "--until", str(a.goal), "--threads",
                          str(a.threads)]
                for precision in a.ours:
                    run([a.program, "--precision", precision, *common], log)
                for precision in a.peers:
                    run([sys.executable, str(HERE / "peer.py"), "learn", "--precision", precision, "--cache", a.cache,
                         *common], log)
    runs = curves(a.out)
    print("| system | seed | steps | seconds |\n|---|---|---|---|")
    for (system, precision, seed), lines in sorted(runs.items()):
        when = reached(lines, a.goal)
        print(f"| {system} {precision} | {seed} | " +
              (f"{when[0]} | {when[1]:.1f} |" if when else f"not in {lines[-1]['step']} | > {lines[-1]['seconds']:.0f} |"))
    draw(runs, a.goal, a.picture)


if __name__ == "__main__":
    main()
