#!/usr/bin/env python3
"""How the cost of a GRPO step grows: one number of the preset `long` is changed at a time, the others stay.

Prints a table and draws a picture; the figures go to --out as JSON lines, so that the picture can be drawn again.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

SWEEPS = {  # option: (what it is, values); the preset's own: group 8, prompt 16, completion 256, vocabulary 4096, width 256
    "group": ("completions of a group", [4, 8, 16, 32]),
    "prompt-tokens": ("prompt, tokens", [16, 128, 512, 1024]),
    "new-tokens": ("completion, tokens", [64, 128, 256, 512]),
    "vocabulary": ("vocabulary", [4096, 16384, 65536, 131072]),
    "hidden": ("width", [128, 256, 512, 1024]),
    "threads": ("threads", list(range(1, (os.cpu_count() or 1) + 1))),
}
PRESET = "long"


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run scaling", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", nargs="+", default=list(SWEEPS), choices=list(SWEEPS))
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--out", default="scaling.jsonl")
    parser.add_argument("--picture", default="scaling.svg")
    parser.add_argument("--draw", action="store_true", help="draw what --out holds, run nothing")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    a = parser.parse_args()
    if not a.draw:
        with open(a.out, "w") as out:
            for sweep in a.sweeps:
                for value in SWEEPS[sweep][1]:
                    done = subprocess.run([a.program, "--preset", PRESET, "--precision", a.precision, "--steps",
                                           str(a.steps), f"--{sweep}", str(value)], capture_output=True, text=True)
                    if done.returncode:
                        sys.exit(f"error: {sweep} {value}: {done.stderr}")
                    run = json.loads(done.stdout) | {"sweep": sweep, "value": value}
                    out.write(json.dumps(run) + "\n")
                    out.flush()
                    print(f"{sweep} {value}: {run['step_s']} s", file=sys.stderr, flush=True)
    runs = [json.loads(line) for line in pathlib.Path(a.out).read_text().splitlines()]
    print("| changed | value | rollout, s | training, s | step, s | peak memory, MiB |\n|---|---|---|---|---|---|")
    for run in runs:
        print(f"| {SWEEPS[run['sweep']][0]} | {run['value']} | {run['generate_s']:.2f} | {run['train_s']:.2f} | "
              f"{run['step_s']:.2f} | {run['peak_resident_mib']:.0f} |")
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    shown = [s for s in SWEEPS if any(run["sweep"] == s for run in runs)]
    figure, grid = plt.subplots(2, (len(shown) + 1) // 2, figsize=(10, 5.6), squeeze=False)
    for axes, sweep in zip(grid.flat, shown):
        points = [run for run in runs if run["sweep"] == sweep]
        for name, label in (("generate_s", "rollout"), ("train_s", "training")):
            axes.plot([p["value"] for p in points], [p[name] for p in points], marker="o", label=label)
        axes.set(xlabel=SWEEPS[sweep][0], ylabel="seconds", xscale="log" if sweep != "threads" else "linear", ylim=(0, None))
        axes.set_xticks([p["value"] for p in points], [str(p["value"]) for p in points])
        axes.minorticks_off()
        axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(a.picture)


if __name__ == "__main__":
    main()
