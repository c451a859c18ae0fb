"""Draws how concepts refine one another, from the headers: an arrow goes from a slot's concept to each concept that its
definition names. Writes FOLDER/concepts.dot, which docs/concepts.md shows."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parents[1]


def definitions():
    """Concepts by name, each with the header that defines it and the text of its definition."""
    found = {}
    for path in sorted((root / "include/aha/concepts").glob("*.hpp")):
        text = re.sub(r"//.*", "", path.read_text())
        for name, body in re.findall(r"\bconcept (\w+) =(.*?);\n(?=\n|\}|template)", text, re.DOTALL):
            if not name.startswith("has_") and name not in ("open_class", "yields", "yields_integer", "yields_number"):
                found[name] = (path.stem, body)
    return found


def main():
    concepts = definitions()
    lines = ["digraph concepts {", "  rankdir=LR; ranksep=0.35; nodesep=0.1; size=\"9.5,100\"; bgcolor=transparent;",
             '  node [shape=box, style="rounded,filled", fillcolor="#eef3fb", color="#8aa4c8", fontname="sans-serif", '
             "fontsize=11, height=0.28];", '  edge [color="#8aa4c8", arrowsize=0.6];']
    slots = {name for name, (header, _) in concepts.items() if name == header or name == f"{header}_for"}
    for name in sorted(concepts):
        look = ', fillcolor="#d7e4f7", penwidth=1.6' if name in slots else ""
        lines.append(f'  {name} [URL="\\ref {"aha::" + name}"{look}];')
    for name, (_, body) in sorted(concepts.items()):
        for other in sorted(set(re.findall(r"\b\w+\b", body)) & set(concepts) - {name}):
            lines.append(f"  {name} -> {other};")
    lines.append("}")
    (pathlib.Path(sys.argv[1]) / "concepts.dot").write_text("\n".join(lines) + "\n")


main()
