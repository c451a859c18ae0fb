"""What headers cost a compiler. Each measurement is a translation unit of its own, compiled without optimization; its
seconds are those of the processor (user and system), which a busy machine hardly changes; its lines are those that
are left after preprocessing, without empty ones. Prints a Markdown table and the two ratios of docs/compile_time.md."""

import argparse
import fnmatch
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def needs_tensor():
    """Public headers, each with whether it includes LibTorch, itself or through another."""
    includes = {}
    for path in sorted((root / "include").rglob("*.hpp")):
        name = path.relative_to(root / "include").as_posix()
        includes[name] = re.findall(r"^#include <([^>]+)>", path.read_text(), re.MULTILINE)
    known = {}

    def needs(name):
        if name not in known:
            known[name] = any(
                re.match(r"(ATen|torch|c10)/", other) or (other in includes and needs(other)) for other in includes[name]
            )
        return known[name]

    return {name: needs(name) for name in includes}


class compiler:
    def __init__(self, command, torch, flags):
        self.start = [command, "-std=c++20", *flags]
        for folder in (root / "include",):
            self.start += ["-I", str(folder)]
        for folder in (torch / "include", torch / "include/torch/csrc/api/include", pathlib.Path("/usr/include/eigen3")):
            self.start += ["-isystem", str(folder)]

    def seconds(self, source, repeats, more=("-c",), to=None):
        """The least of `repeats` compilations with the flags `more`, which may write to the file `to`."""
        best = None
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(repeats):
                before = processor_seconds()
                done = subprocess.run([*self.start, *more, "-o", to or os.path.join(folder, "object"), str(source)],
                                      stderr=subprocess.PIPE, text=True)
                spent = processor_seconds() - before
                if done.returncode != 0:
                    sys.exit(f"error: {source} does not compile:\n{done.stderr}")
                best = spent if best is None else min(best, spent)
        return best

    def lines(self, source):
        done = subprocess.run([*self.start, "-E", "-P", str(source)], stdout=subprocess.PIPE, check=True)
        return sum(1 for line in done.stdout.splitlines() if line.strip())


def main():
    options = argparse.ArgumentParser(prog="benchmarks/run compile_time", description=__doc__)
    options.add_argument("--torch", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    options.add_argument("--compiler", default="g++", help="default g++")
    options.add_argument("--headers", default="*", metavar="GLOB", help='which, for example "aha/reward/*"; default all')
    options.add_argument("--repeats", type=int, default=1, help="compilations of each, the least counts; default 1")
    options.add_argument("--flags", default="-O0", help="further flags, in one word; default -O0")
    chosen = options.parse_args()
    if chosen.repeats < 1:
        sys.exit(f"error: --repeats is {chosen.repeats}, not at least 1")
    run = compiler(chosen.compiler, chosen.torch.resolve(), chosen.flags.split())

    with tempfile.TemporaryDirectory() as folder:
        def unit(text):
            path = pathlib.Path(folder) / "unit.cpp"
            path.write_text(text)
            return path

        def measured(source):
            return run.seconds(source, chosen.repeats), run.lines(source)

        print("| what | seconds | lines | of all of LibTorch |\n|---|---|---|---|")

        def row(name, figures):
            print(f"| {name} | {figures[0]:.2f} | {figures[1]} | {figures[0] / whole[0]:.3f} |", flush=True)
            return figures[0] / whole[0]

        whole = measured(unit("#include <torch/torch.h>\nint main() {}\n"))
        row("an empty program with all of LibTorch (`torch/torch.h`)", whole)
        program = root / "examples/first_program/main.cpp"
        first = row("the first program", measured(program))
        # As the target aha::precompiled has it: once for the header, and then each program.
        umbrella = unit("#include <aha/aha.hpp>\n")
        header = str(umbrella.rename(umbrella.with_suffix(".hpp")))
        made = header + (".pch" if "clang" in chosen.compiler else ".gch")
        use = ["-include-pch", made] if "clang" in chosen.compiler else ["-include", header]
        once = run.seconds(header, chosen.repeats, ["-x", "c++-header"], made)
        row("`aha/aha.hpp` precompiled, once", (once, run.lines(header)))
        precompiled = row("the first program after that", (run.seconds(program, chosen.repeats, ["-c", *use]), "-"))
        over, counted = [], 0
        for header, tensor in needs_tensor().items():
            if not fnmatch.fnmatch(header, chosen.headers):
                continue
            ratio = row(f"`{header}`" + ("" if tensor else ", no tensor"), measured(unit(f"#include <{header}>\n")))
            counted += not tensor
            if not tensor and ratio > 0.1:
                over.append(header)
    print(f"\nfirst program / all of LibTorch: {first:.2f}, after aha::precompiled: {precompiled:.2f}")
    print(f"headers without tensors within a tenth of it: {counted - len(over)} of {counted}")
    for header in over:
        print(f"    over: {header}")


main()
