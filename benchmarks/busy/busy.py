#!/usr/bin/env python3
"""How much slower a GRPO step is beside one busy process, by preset, precision and build.

The builds take turns, and so do quiet and busy, in every round; a figure is the median of the rounds. The busy process
counts in a loop, in a session of its own, as another user's would, or with --same-session in this one: Linux shares
processors among sessions first. Before the table stands what it leaves: the processors that as many counting processes
as there are processors get beside it. No program that obeys the scheduler is slowed down less than by their ratio.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

PRESETS = ["tiny", "prefix", "small", "long", "smollm2"]


def main():
    if "--" not in sys.argv:
        sys.exit("error: start this with benchmarks/run busy")
    cut = sys.argv.index("--")
    programs = dict(one.split("=", 1) for one in sys.argv[2:cut])
    parser = argparse.ArgumentParser(prog="benchmarks/run busy [--against COMMIT]", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=PRESETS, choices=PRESETS)
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"], choices=["fp32", "bf16"])
    parser.add_argument("--steps", type=int, default=3, help="of a run; the first is not counted (default 3)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1, help="busy ones (default 1)")
    parser.add_argument("--same-session", action="store_true", help="the busy ones belong to this session")
    a = parser.parse_args(sys.argv[cut + 1:])

    def seconds(program, preset, precision):
        done = subprocess.run([program, "--preset", preset, "--precision", precision, "--steps", str(a.steps)],
                              capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: {preset} {precision}: {done.stderr.strip()}")
        return json.loads(done.stdout)["step_s"]

    def beside_others(measure):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=not a.same_session)
                  for _ in range(a.processes)]
        try:
            return measure()
        finally:
            for other in others:
                other.kill()
                other.wait()

    def granted():
        counting = ("import time; end = time.monotonic() + 4\n"
                    "while time.monotonic() < end: pass\n"
                    "print(time.process_time())")
        counters = [subprocess.Popen([sys.executable, "-c", counting], stdout=subprocess.PIPE, text=True)
                    for _ in range(os.cpu_count())]
        return sum(float(counter.communicate()[0]) for counter in counters) / 4

    alone, left = granted(), beside_others(granted)
    session = "this" if a.same_session else "another"
    print(f"{os.cpu_count()} processors, {a.processes} busy process(es) in {session} session; seconds of a step")
    print(f"processors to be had alone {alone:.2f}, beside {left:.2f}: a ratio of {alone / left:.2f}")
    print("| preset | precision | build | quiet, s | busy, s | busy / quiet |\n|---|---|---|---|---|---|")
    for preset in a.presets:
        for precision in a.precisions:
            quiet, busy = {name: [] for name in programs}, {name: [] for name in programs}
            for _ in range(a.rounds):
                for name, program in programs.items():
                    quiet[name].append(seconds(program, preset, precision))
                    busy[name].append(beside_others(lambda: seconds(program, preset, precision)))
            for name in programs:
                q, b = statistics.median(quiet[name]), statistics.median(busy[name])
                print(f"| {preset} | {precision} | {name} | {q:.3f} | {b:.3f} | {b / q:.2f} |", flush=True)


main()
