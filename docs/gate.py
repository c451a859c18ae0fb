"""Reads Doxygen's log: every warning is an error, except that these members may go without a comment of their own:

- what a concept asks for (`save`, `load`, `operator()`, `on_step`, ...), since the concept's page says what it does;
- what C++ prescribes: constructors, operators, deduction guides, an iterator's types;
- `options()` and `validate()`, which mean the same everywhere: what it was made with, and an `aha::error` that names
  the first value that makes no sense."""

import pathlib
import re
import sys

CONCEPTS = pathlib.Path(__file__).resolve().parent.parent / "include/aha/concepts"
UNDOCUMENTED = re.compile(r"warning: Member (.*) \((function|variable|typedef|friend)\) of (\w+) (.*) is not documented\.")


def members_of_concepts():
    """The names that the concepts call on a user's object, and the types that they ask of it."""
    text = "".join(path.read_text() for path in sorted(CONCEPTS.glob("*.hpp")))
    code = re.sub(r"//.*|\"[^\"]*\"", "", text)
    return {*re.findall(r"\b\w+\.(\w+)\(", code), *re.findall(r"typename [\w:]+::(\w+)", code)}


def may_be_silent(member, kind, where, owner, known):
    name = re.match(r"(operator\s*[^\w\s(]*(?:\(\))?|[\w]+)", member)[1]
    if "->" in member and where == "namespace":
        return True  # a deduction guide
    if where == "namespace":
        return member.startswith("deterministic_reward<")  # a reward's answer to that question
    class_name = re.sub(r"<.*", "", owner).split("::")[-1]
    return (name.startswith("operator") or name == class_name or name in known or name in ("options", "validate")
            or (kind == "typedef" and owner.endswith("iterator")))


def main():
    known = members_of_concepts()
    wrong = []
    for line in pathlib.Path(sys.argv[1]).read_text().split("\n"):
        found = UNDOCUMENTED.search(line)
        if "warning:" in line or "error:" in line:
            if not (found and may_be_silent(*found.groups(), known)):
                wrong.append(line)
    if wrong:
        sys.exit("\n".join(wrong))


main()
