"""What headers cost a compiler. Each measurement is a translation unit of its own, compiled without optimization; its
seconds are those of the processor (user and system), which a busy machine hardly changes; its lines are those that
are left after preprocessing, without empty ones; its memory is the most that a process of the compiler holds. Prints a
Markdown table and the ratios of docs/compile_time.md: the first program with and without aha::compiled, with and without
optimization, and the most memory that an example takes."""

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
        return self.cost(source, repeats, more, to)[0]

    def cost(self, source, repeats, more=("-c",), to=None):
        """The same, and the most memory of a process of the compiler, GiB."""
        best = None
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(repeats):
                child, errors = os.pipe(), os.path.join(folder, "errors")
                arguments = [*self.start, *more, "-o", to or os.path.join(folder, "object"), str(source)]
                # In a process of its own, since the most memory of children is kept over all of them.
                parent = os.fork()
                if parent == 0:
                    with open(errors, "w") as out:
                        status = subprocess.run(arguments, stderr=out).returncode
                    used = resource.getrusage(resource.RUSAGE_CHILDREN)
                    os.write(child[1], f"{status} {used.ru_utime + used.ru_stime} {used.ru_maxrss / 2**20}".encode())
                    os._exit(0)
                os.waitpid(parent, 0)
                status, spent, memory = map(float, os.read(child[0], 1000).split())
                for end in child:
                    os.close(end)
                if status != 0:
                    sys.exit(f"error: {source} does not compile:\n{pathlib.Path(errors).read_text()}")
                best = (spent, memory) if best is None else min(best, (spent, memory))
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
    options.add_argument("--ratios", action="store_true", help="the ratios alone, without the table of headers")
    options.add_argument("--examples", action="store_true", help="the most memory of a compiler over all examples too (-O3)")
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
        compiled = ["-c", "-DAHA_COMPILED", "-DAT_PER_OPERATOR_HEADERS"]  # as the target aha::compiled has it
        elsewhere = row("the first program with `aha::compiled`", (run.seconds(program, chosen.repeats, compiled), "-"))
        optimized = {name: run.cost(program, chosen.repeats, [*more, "-O3"])
                     for name, more in (("header-only", ["-c"]), ("aha::compiled", compiled))}
        examples = {}
        if chosen.examples:
            run.start += ["-I", str(root / "examples"), "-I", str(root)]
            examples = {main.parent.name: run.cost(main, 1, [*compiled, "-O3"])
                        for main in sorted((root / "examples").glob("*/main.cpp"))}
        over, counted = [], 0
        for header, tensor in needs_tensor().items():
            if chosen.ratios or not fnmatch.fnmatch(header, chosen.headers):
                continue
            ratio = row(f"`{header}`" + ("" if tensor else ", no tensor"), measured(unit(f"#include <{header}>\n")))
            counted += not tensor
            if not tensor and ratio > 0.1:
                over.append(header)
    print(f"\nfirst program / all of LibTorch: {first:.2f}, after aha::precompiled: {precompiled:.2f}, "
          f"with aha::compiled: {elsewhere:.2f}")
    for name, (spent, memory) in optimized.items():
        print(f"first program at -O3, {name}: {spent:.1f} s, {memory:.2f} GiB")
    if examples:
        name, (spent, memory) = max(examples.items(), key=lambda one: one[1][1])
        print(f"most memory over {len(examples)} examples at -O3 with aha::compiled: {memory:.2f} GiB ({name}, {spent:.1f} s)")
    if chosen.ratios:
        return
    print(f"headers without tensors within a tenth of it: {counted - len(over)} of {counted}")
    for header in over:
        print(f"    over: {header}")


main()
