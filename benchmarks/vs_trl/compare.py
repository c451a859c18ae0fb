#!/usr/bin/env python3
"""Runs benchmarks/grpo_step and the peer's half (peer.py) in turn on the same work and prints medians and ratios.

Every run is a process of its own, so that its peak memory is its own. A ratio is printed only where both sides sampled
and trained the same number of tokens in the same number of updates, with a finite loss and weights that moved.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PRESETS = ["tiny", "small", "long", "prefix", "smollm2"]
OURS = ["fp32", "bf16"]
PEERS = ["fp32", "bf16-autocast", "bf16-weights"]
SAME = ["tokens_sampled", "tokens_trained", "updates"]


def one(command):
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"system"')]
    if done.returncode or not lines:
        sys.exit(f"error: {' '.join(command)} ended with status {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(lines[-1])


def checked(preset, system, precision, run):
    """The run, or an error that says why it may not be compared."""
    if run["loss"] is None:
        sys.exit(f"error: {system} {precision} on {preset}: the loss is not finite")
    if not run["weights_moved"] > 0:
        sys.exit(f"error: {system} {precision} on {preset}: the weights did not move")
    return run


def medians(runs):
    figures = {"generate_s": 1, "train_s": 1, "step_s": 1, "peak_resident_mib": 1}
    return {name: statistics.median(run[name] for run in runs) for name in figures}


def measure(a, preset):
    systems = [("aha", p) for p in OURS if p not in a.skip] + [("trl", p) for p in PEERS if p not in a.skip]
    runs = {system: [] for system in systems}
    for _ in range(a.rounds):
        for system, precision in systems:
            common = ["--preset", preset, "--precision", precision, "--threads", str(a.threads)]
            if system == "aha":
                command = [a.program, *common, "--steps", str(a.steps)]
            else:
                steps = str(a.steps + 1)  # the peer counts the step that warms up
                command = [sys.executable, str(HERE / "peer.py"), "step", *common, "--steps", steps,
                           "--cache", a.cache]
            run = checked(preset, system, precision, one(command))
            runs[system, precision].append(run)
            print(json.dumps(run), file=sys.stderr, flush=True)
    first = next(iter(runs.values()))[0]
    for (system, precision), all_runs in runs.items():
        for run in all_runs:
            different = [name for name in SAME if run[name] != first[name]]
            if different:
                sys.exit(f"error: {preset}: {system} {precision} did other work than the first run: " +
                         ", ".join(f"{name} {run[name]} instead of {first[name]}" for name in different))
    return {system: medians(all_runs) for system, all_runs in runs.items()}


def table(preset, figures, rounds):
    print(f"\n### {preset}, medians of {rounds} rounds\n")
    print("| system | rollout, s | training, s | step, s | peak memory, MiB |")
    print("|---|---|---|---|---|")
    for (system, precision), f in figures.items():
        print(f"| {system} {precision} | {f['generate_s']:.3f} | {f['train_s']:.3f} | {f['step_s']:.3f} | "
              f"{f['peak_resident_mib']:.0f} |")

    def ratio(label, ours, peer):
        r = [figures[peer][k] / figures[ours][k] for k in ("generate_s", "train_s", "step_s")]
        memory = figures[ours]["peak_resident_mib"] / figures[peer]["peak_resident_mib"]
        print(f"| {label} | {r[0]:.1f}x | {r[1]:.1f}x | **{r[2]:.1f}x** | {memory:.2f} of it |")

    if ("aha", "fp32") in figures and ("trl", "fp32") in figures:
        ratio("float32 against float32", ("aha", "fp32"), ("trl", "fp32"))
    best = min((s for s in figures if s[0] == "aha"), key=lambda s: figures[s]["step_s"])
    for peer in (s for s in figures if s[0] == "trl" and s[1] != "fp32"):
        ratio(f"our best ({best[1]}) against {peer[1]}", best, peer)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run vs_trl", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=PRESETS, choices=PRESETS)
    parser.add_argument("--rounds", type=int, default=3, help="how often each system runs, in turn")
    parser.add_argument("--steps", type=int, default=2, help="steps counted a run, after one that warms up")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--skip", nargs="+", default=[], choices=[*OURS, *PEERS], help="precisions to leave out")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--cache", required=True, help=argparse.SUPPRESS)
    a = parser.parse_args()
    for name in ("rounds", "steps", "threads"):
        if getattr(a, name) < 1:
            parser.error(f"--{name} must be positive, not {getattr(a, name)}")
    for preset in a.presets:
        table(preset, measure(a, preset), a.rounds)


if __name__ == "__main__":
    main()
