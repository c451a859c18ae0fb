#!/usr/bin/env python3
"""Seconds and memory of a GRPO step, two builds in turns in one run: a figure is the median of the rounds' ratios.

A preset may carry options of grpo_step after a colon: "long:--prompts 1 --group 4 --new-tokens 4096".
"""
import argparse
import json
import statistics
import subprocess

DEFAULT = ["tiny", "prefix", "small", "smollm2"]


def main():
    parser = argparse.ArgumentParser(prog="benchmarks/run vs_build [--against COMMIT]", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new")
    parser.add_argument("old")
    parser.add_argument("--presets", nargs="+", default=DEFAULT)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"], choices=["fp32", "bf16"])
    parser.add_argument("--steps", type=int, default=3, help="counted of a run (default 3)")
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()

    def measured(program, preset, precision):
        name, _, options = preset.partition(":")
        done = subprocess.run([program, "--preset", name, "--precision", precision, "--steps", str(a.steps),
                               *options.split()], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"error: {preset} {precision}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    print("| preset | precision | step, s, old | new | new / old: step | rollout | training | memory |\n"
          "|---|---|---|---|---|---|---|---|")
    for preset in a.presets:
        for precision in a.precisions:
            pairs = [(measured(a.old, preset, precision), measured(a.new, preset, precision)) for _ in range(a.rounds)]

            def ratio(key):
                return statistics.median(new[key] / old[key] for old, new in pairs)
            old, new = (statistics.median(pair[n]["step_s"] for pair in pairs) for n in (0, 1))
            print(f"| {preset} | {precision} | {old:.3f} | {new:.3f} | {ratio('step_s'):.2f} | {ratio('generate_s'):.2f}"
                  f" | {ratio('train_s'):.2f} | {ratio('peak_resident_mib'):.2f} |", flush=True)


if __name__ == "__main__":
    main()
