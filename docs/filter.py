"""What Doxygen reads of a header or a page. It moves comments to where Doxygen looks for them and writes none:

- the folder of a header is the group of its names (the groups are declared in include/aha/fwd.hpp);
- the comment before `namespace aha {` is about the file, or, in a concept's header, about the concept: it becomes the
  concept's description, in which numbered requirements are a list;
- the inline namespace of what depends on the kernels for GPUs is a matter of the linker, not of a reader;
- the page of a header says which target a program links with for it: `aha::math` in reward/math, `aha::text` where nothing that it includes is LibTorch's;
- a summary goes on after "et al.", "i.e." and the like;
- a page is Markdown for GitHub: `<!-- html: COMMAND -->` is a command for Doxygen alone, a link to a concept's header
  becomes one to the concept, and other links out of docs/ become their text."""

import pathlib
import re
import sys


def one_declaration_a_line(lines):
    """`T a = x, b = y;  ///< doc` describes both."""
    for i, line in enumerate(lines):
        found = re.match(r"(\s+)((?:const )?[\w:]+(?:<[^;=]*>)?) (\w+(?: = [^,;]+|\{[^}]*\})?(?:, \w+(?: = [^,;]+|\{[^}]*\})?)+);(\s*///<.*)$", line)
        if found and "(" not in found[3]:
            indent, kind, names, comment = found.groups()
            if i + 1 < len(lines) and lines[i + 1].strip().startswith("///<"):
                comment += " " + lines[i + 1].strip().removeprefix("///<")
            lines[i] = "\n".join(f"{indent}{kind} {name};{comment}" for name in names.split(", "))
    return "\n".join(lines).split("\n")


def without_destructors(lines):
    """They are nobody's to call, and Doxygen's index of them has links that lead nowhere."""
    kept, open_braces, inside = [], 0, False
    for line in lines:
        inside = inside or re.match(r"\s+~\w+\(\)", line) is not None
        if inside:
            open_braces += line.count("{") - line.count("}")
            inside = open_braces > 0
            kept.append("")
        else:
            kept.append(line)
    return kept


def target(header, text, root):
    """The target that a program links with which includes `header`."""
    waiting, seen = [text], set()
    while waiting:
        for name in re.findall(r"^#include <([^>]+)>", waiting.pop(), re.M):
            if name.startswith(("ATen/", "c10/", "torch/")):
                return "aha::aha"
            if name.startswith("aha/") and name not in seen and (root / name).is_file():
                seen.add(name)
                waiting.append((root / name).read_text())
    if "reward/math/" in header:
        return "aha::math"
    if "reward/code/" in header:
        return "aha::code"
    if "judge/http_judge" in header:
        return "aha::judge"
    return "aha::cld2" if "cld2" in header else "aha::text"


def filtered(path, text):
    whole = text
    text = text.replace("::inline AHA_KERNELS_NAMESPACE", "")
    text = re.sub(r"^(inline namespace AHA_KERNELS_NAMESPACE \{|\}  // namespace AHA_KERNELS_NAMESPACE)$", "", text, flags=re.M)
    lines = text.split("\n")
    parts = pathlib.PurePosixPath(path.replace("\\", "/")).parts
    inside = parts[len(parts) - parts[::-1].index("aha"):] if "aha" in parts else parts
    folder = inside[0] if len(inside) > 1 else ""
    if not folder or folder == "fwd.hpp":
        return text

    opening = next((i for i, line in enumerate(lines) if re.match(r"namespace aha[\w:]* \{", line)), None)
    if opening is None:
        return text
    first = opening
    while first > 0 and lines[first - 1].startswith("///"):
        first -= 1
    about = lines[first:opening]
    lines[first:opening] = [""] * (opening - first)

    if folder == "concepts" and about:
        concepts = [i for i, line in enumerate(lines) if re.match(r"concept \w+ =", line)]
        name = pathlib.PurePosixPath(path).stem
        main = next((i for i in concepts if re.match(rf"concept {name}(_for)? =", lines[i])), concepts[-1] if concepts else None)
        if main is not None:
            start = main
            while not lines[start].startswith("///"):
                start -= 1
            while lines[start - 1].startswith("///"):
                start -= 1
            brief = lines[start].removeprefix("///").strip()
            lines[start] = "\n".join([f"/// {brief}", "///", *about]) if brief else "\n".join(about)
            about = []
    header = pathlib.Path(path)
    link = target("/".join(inside), whole, header.parents[len(inside)])
    lines[0] = "\n".join(["/// \\file", *about, *(["///"] if about else []), f"/// Link with `{link}`.", "", lines[0]])

    lines = without_destructors(one_declaration_a_line(lines))
    lines = [re.sub(r"(?<=\b)(et al|i\.e|e\.g|vs|cf)\. ", r"\1.\\ ", line) if "///" in line else line for line in lines]
    for i, line in enumerate(lines):
        if re.match(r"namespace aha(::testing)?(::\w+_laws)? \{$", line):
            lines[i] = f"{line}\n/// \\addtogroup group_{folder}\n/// @{{"
        elif re.match(r"\}  // namespace aha(::testing)?(::\w+_laws)?$", line):
            lines[i] = f"/// @}}\n{line}"
    return "\n".join(lines)


def concept_of(header):
    """A header's concept: of a type that goes with another type it ends with _for."""
    return f"{header}_for" if header in ("sampler", "attention", "feed_forward") else header


def page(text):
    text = re.sub(r"<!-- html: (.*?) -->", r"\1", text)
    text = re.sub(r"\[`?([^\]`]+)`?\]\(\.\./include/aha/concepts/(\w+)\.hpp\)",
                  lambda m: f'\\ref aha::{concept_of(m[2])} "{m[1]}"', text)
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", text)


if __name__ == "__main__":
    path = pathlib.Path(sys.argv[1])
    print(page(path.read_text()) if path.suffix == ".md" else filtered(str(path), path.read_text()))
