"""Compares the code that README.md, CONTRIBUTING.md and docs/*.md show with the compiled source that it is cut from.

A fenced block stands below an HTML comment that names its source, as a path from the repository's root:

    <!-- examples/01_reward/main.cpp: reward -->    the lines between two `//! [reward]` of that file
    <!-- examples/01_reward/expected.txt -->        the whole file, without a comment at its top

Every block of C++ needs one. Differences are reported as PAGE:LINE and are an error; `--write` copies the source into
the pages instead. Commands that only Doxygen understands are refused, since these pages are read on GitHub too."""

import argparse
import itertools
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = re.compile(r"<!-- ([\w./]+\.\w+)(?:: (\w+))? -->")
LOOSE = re.compile(r"    (auto |aha::|#include|struct |template)")
RAW = re.compile(r"\\(snippet|include|verbinclude|ref|dot|dotfile|image|page)\b|\{#|^\[TOC\]")


class mistake(Exception):
    pass


def source_lines(path, name):
    """The lines that a block must show, and the number of the first one in its file."""
    if not (ROOT / path).is_file():
        raise mistake(f"there is no {path}")
    lines = (ROOT / path).read_text().split("\n")
    if name is None:
        first = next((i for i, line in enumerate(lines) if not line.startswith("//")), 0)
        last = len(lines)
    else:
        marks = [i for i, line in enumerate(lines) if line.strip() == f"//! [{name}]"]
        if len(marks) != 2:
            raise mistake(f"{path} has {len(marks)} lines `//! [{name}]`, not 2")
        first, last = marks[0] + 1, marks[1]
    text = textwrap.dedent("\n".join(lines[first:last])).rstrip("\n")
    return text.split("\n"), first + 1


def checked(page, text):
    """The page with its blocks as their sources have them, and what is wrong with it as it is."""
    lines, made, wrong = text.split("\n"), [], []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.startswith("```"):
            if LOOSE.match(line):
                wrong.append(f"{page}:{at + 1}: indented C++ is not checked; use a fenced block")
            if not line.startswith("    ") and RAW.search(re.sub(r"`[^`]*`|<!-- html:.*-->", "", line)):
                wrong.append(f"{page}:{at + 1}: GitHub shows this Doxygen command as text; use Markdown")
            made.append(line)
            at += 1
            continue
        end = next((i for i in range(at + 1, len(lines)) if lines[i] == "```"), None)
        if end is None:
            wrong.append(f"{page}:{at + 1}: this block has no end")
            return "\n".join(made + lines[at:]), wrong
        named = SOURCE.fullmatch(lines[at - 1]) if at > 0 else None
        shown = lines[at + 1:end]
        if named is None:
            if line == "```cpp":
                wrong.append(f"{page}:{at + 1}: no comment above this block names the source that it is cut from")
        else:
            try:
                expected, first = source_lines(*named.groups())
                for i, (here, there) in enumerate(itertools.zip_longest(shown, expected)):
                    if here != there:
                        wrong.append(f"{page}:{at + 2 + i}: differs from {named[1]}:{first + i}\n"
                                     f"  page:   {here if here is not None else '(the block ends)'}\n"
                                     f"  source: {there if there is not None else '(the source ends)'}")
                        break
                shown = expected
            except mistake as problem:
                wrong.append(f"{page}:{at}: {problem}")
        made += [line, *shown, "```"]
        at = end + 1
    return "\n".join(made), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="copy the sources into the pages")
    parser.add_argument("pages", nargs="*", type=pathlib.Path)
    asked = parser.parse_args()
    pages = asked.pages or [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    wrong, blocks = [], 0
    for page in pages:
        name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
        text = page.read_text()
        corrected, found = checked(name, text)
        if asked.write and corrected != text:
            page.write_text(corrected)
            found = checked(name, corrected)[1]
        wrong += found
        blocks += len(SOURCE.findall(text))
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{blocks} blocks on {len(pages)} pages are as in their sources")


main()
