#!/usr/bin/env python3
"""Runs the library and its peer, Hugging Face's tokenizers, in turn on the same texts, each on one thread, and prints
medians of processor seconds and ratios. The ids of both must be equal.

The texts are made of what every Debian machine with our packages has: half of the bytes are Python's own library and
C++ headers, a quarter is prose (licenses, copyright notes and the comments of those files), the rest is made up from a
seed: numbers, and Chinese, Japanese, Korean and accented letters."""
import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import sysconfig
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PIECE = 8000  # characters of one text, about


def read(paths, size):
    """The first `size` bytes of the files, in the order of their names."""
    taken, parts = 0, []
    for path in sorted(paths):
        if taken >= size:
            break
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        parts.append(text)
        taken += len(text.encode())
    return "\n".join(parts).encode()[:size].decode("utf-8", "ignore")


def numbers(generator, size):
    lines = []
    while sum(map(len, lines)) < size:
        a, b = generator.randrange(10**generator.randint(1, 9)), generator.randrange(1, 10**generator.randint(1, 4))
        lines += [f"{a} + {b} = {a + b}; {a} / {b} = {a / b:.4f}, {a % 24:02}:{b % 60:02}, ${a:,}.{b % 100:02}\n"
                  for _ in range(40)]
    return "".join(lines)[:size]


def scripts(generator, size):
    """Words of several scripts; common ones come often, as in any text."""
    ranges = [(0x4E00, 0x5200), (0x3041, 0x3097), (0xAC00, 0xB000), (0x410, 0x450), (0xE0, 0x180), (0x905, 0x940)]
    words = [["".join(chr(generator.randrange(*r)) for _ in range(generator.randint(1, 6))) for _ in range(4000)]
             for r in ranges]
    parts, taken = [], 0
    while taken < size:
        kind = generator.randrange(len(ranges))
        gap = "" if kind < 2 else " "
        text = gap.join(words[kind][int(4000 * generator.random()**3)] for _ in range(60)) + "。\n"
        parts.append(text)
        taken += len(text.encode())
    return "".join(parts).encode()[:size].decode("utf-8", "ignore")


def make_texts(size):
    generator = random.Random(16)
    library = pathlib.Path(sysconfig.get_paths()["stdlib"])
    python = [p for p in library.rglob("*.py") if "site-packages" not in p.parts and "dist-packages" not in p.parts]
    headers = [p for p in pathlib.Path("/usr/include").rglob("*.h")]
    notes = list(pathlib.Path("/usr/share/common-licenses").glob("*"))
    notes += list(pathlib.Path("/usr/share/doc").glob("*/copyright")) + list(library.rglob("*.txt"))
    docs = "\n".join(re.findall(r'"""(.*?)"""', read(python, 40 * size), re.S))
    parts = [read(python, size * 3 // 10), read(headers, size // 5), read(notes, size // 8),
             docs.encode()[:size // 8].decode("utf-8", "ignore"), numbers(generator, size // 10)]
    parts.append(scripts(generator, max(0, size - sum(len(p.encode()) for p in parts))))
    texts = []
    for part in parts:
        while part:
            end = part.find("\n", PIECE) + 1 or len(part)
            texts.append(part[:end])
            part = part[end:]
    return texts


def one(command):
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} ended with status {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--program", required=True)
    options.add_argument("--model", required=True, help="a GGUF file")
    options.add_argument("--megabytes", type=float, default=10)
    options.add_argument("--rounds", type=int, default=5)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tokenizer, text = folder / "tokenizer.json", folder / "texts.jsonl"
        subprocess.run([options.program, "--model", options.model, "--tokenizer", tokenizer, "--write"], check=True)
        text.write_text("".join(json.dumps(t) + "\n" for t in make_texts(int(options.megabytes * 1e6))))
        sides = {"aha": [options.program, "--model", options.model], "tokenizers": [sys.executable, HERE / "peer.py"]}
        runs = {name: [] for name in sides}
        for _ in range(options.rounds):
            for name, command in sides.items():
                runs[name].append(one([*command, "--tokenizer", tokenizer, "--text", text, "--ids", folder / name]))
        if (folder / "aha").read_bytes() != (folder / "tokenizers").read_bytes():
            sys.exit("error: the ids differ")
        figures = {}
        for key in ["load_gguf_s", "load_json_s", "encode_s", "encode_with_spans_s"]:
            row = {name: round(statistics.median(run[key] for run in runs[name]), 4) for name in sides
                   if key in runs[name][0]}
            if len(row) == 2:
                row["times as fast"] = round(row["tokenizers"] / row["aha"], 2)
            figures[key] = row
        print(json.dumps({"bytes": runs["aha"][0]["bytes"], "tokens": runs["aha"][0]["tokens"], "ids_equal": True,
                          "rounds": options.rounds, **figures}, indent=1))


main()
