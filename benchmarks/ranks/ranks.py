"""The same GRPO step by one process with two threads, by one with one, and by 2 and 4 ranks with one thread each under
torchrun, in turn. Prints a Markdown table of medians: seconds of a step, of its rollout and of the rest, and how long
the flat gradient takes to be added up (an all-reduce of the same size by itself, by Gloo over loopback)."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch
import torch.distributed


def reduction(numbers):
    """Run as a rank: median seconds of an all-reduce."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    tensor = torch.ones(numbers)
    seconds = []
    for _ in range(7):
        torch.distributed.barrier()
        start = time.perf_counter()
        torch.distributed.all_reduce(tensor)
        seconds.append(time.perf_counter() - start)
        tensor.fill_(1)
    if torch.distributed.get_rank() == 0:
        print(json.dumps({"seconds": statistics.median(seconds)}))


def torchrun(ranks):
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]


def last_json(command, threads):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"})
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(command)} failed:\n{done.stderr}")
    return json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])


def main():
    options = argparse.ArgumentParser(prog="benchmarks/run ranks", description=__doc__)
    options.add_argument("--program", required=True, help=argparse.SUPPRESS)
    options.add_argument("--preset", default="small")
    options.add_argument("--precision", default="fp32")
    options.add_argument("--steps", default=4, type=int)
    options.add_argument("--rounds", default=2, type=int, help="times that each takes its turn; default 2")
    options.add_argument("--numbers", default=48_243_200, type=int, help="in the gradient; default that of `small`")
    chosen = options.parse_args()
    step = [chosen.program, "--preset", chosen.preset, "--precision", chosen.precision, "--steps", str(chosen.steps)]
    ways = {(1, 2): step, (1, 1): step,
            **{(n, 1): torchrun(n) + ["--no-python"] + step for n in (2, 4)}}
    figures = {way: [] for way in ways}
    for _ in range(chosen.rounds):
        for way, command in ways.items():
            figures[way].append(last_json(command, way[1]))
    print(f"{chosen.preset}, {chosen.precision}, {chosen.steps} steps x {chosen.rounds} rounds\n")
    print("| processes x threads | step, s | rollout, s | the rest, s | all-reduce alone, s | step / (1 x 2) |\n"
          "|---|---|---|---|---|---|")
    base = None
    for way, runs in figures.items():
        median = {key: statistics.median(run[key] for run in runs) for key in ("step_s", "generate_s", "train_s")}
        base = base or median["step_s"]
        alone = last_json(torchrun(way[0]) + [__file__, "--reduction", str(chosen.numbers)], 1)["seconds"] \
            if way[0] > 1 else 0
        print(f"| {way[0]} x {way[1]} | {median['step_s']:.2f} | {median['generate_s']:.2f} | {median['train_s']:.2f} | "
              f"{alone:.2f} | {median['step_s'] / base:.2f} |")


if sys.argv[1:2] == ["--reduction"]:
    reduction(int(sys.argv[2]))
else:
    main()
