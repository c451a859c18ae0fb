"""What Doxygen reads of a header. Sources carry no markup; what they say by where they are is added here:

- the folder of a header is the group of its names (the groups are declared in include/aha/fwd.hpp);
- the comment before `namespace aha {` is about the file, or, in a concept's header, about the concept: it becomes the
  concept's description, in which numbered requirements are a list;
- members that every filling of a slot has by the slot's contract are described once, here, unless they say more."""

import pathlib
import re
import sys

# What a declaration that says nothing of itself is, by its shape; the first that matches. A folder before it limits it.
CONVENTIONS = [
    ("", r"(friend )?(constexpr )?bool operator==\(", "Whether all parts are equal."),
    ("", r"\w+\(const \w+&\) = default;|bool operator==\(const \w+&\) const = default|\w+\(\w+&&\)( noexcept)? = default;|\w+& operator=\(", "As of any value."),
    ("", r"\w+\(const \w+&\) = delete;", "It owns what it refers to."),
    ("", r"explicit (constexpr )?\w+\((\w+ \w+ = \w+\{\}, )?\w+_options options( = \{\})?[,)]",
     "Throws `aha::error` naming the first option that makes no sense."),
    ("", r"const \w+& options\(\) const|\w+_options options\(\) const|const Options& options\(\) const",
     "What it was made with."),
    ("", r"void validate\(\) const", "Throws `aha::error` naming the first value that makes no sense."),
    ("", r"(aha::)?state save\(\) const", "What a checkpoint must hold of it; see `saves_state`."),
    ("", r"void load\(const (aha::)?state&", "Goes on from what `save` gave; see `loads_state`."),
    ("", r"inline constexpr bool deterministic_reward<", "Equal prompts and completions get equal scores."),
    ("", r"bool needs_reference\(\) const", "Whether a reference policy's log-probs are read."),
    ("", r"bool needs_entropy\(\) const", "Whether entropies are read."),
    ("", r"bool ignores_zero_advantage\(\) const", "Whether tokens of advantage 0 change nothing."),
    ("", r"(static )?(constexpr )?std::(string|string_view) name\(\) const|static constexpr std::string_view name",
     "The name in metrics and files."),
    ("", r"\w+\(.*\)( *| ->.*)$|\w+\(.*->", "Policies are recognized by what they are, in any order."),
    ("", r"std::(vector<token_id>|forward_list<token_id>) encode\(|std::string decode\(|(const )?std::vector<token_id>&? "
         r"end_ids\(|(std::int64_t|auto) vocabulary_size\(", "As a `tokenizer` must."),
    ("", r"using tensor_policy =", "The model's device and types."),
    ("", r"(lm_)?head(_type)? head\(\) const|const parameters& weights\(\) const|void refresh\(\)|std::int64_t context\(\) "
         r"const|session open_session\(|at::Tensor hidden\(", "As a `language_model` must."),
    ("", r"std::int64_t rows\(\) const|void advance\(|void keep\(|void admit\(", "As a `decoding_session` must."),
    ("", r"(std::int64_t|std::size_t) steps_done\(\) const", "Steps taken so far."),
    ("", r"using (\w+_type|iterator_category|difference_type|value_type|pointer|reference|iterator_concept) =", "A type."),
    ("", r"(\w+ )?operator(\+\+|\*|->)\(|(const )?\w+[&*]? operator(\+\+|\*|->)", "As of an input iterator."),
    ("", r"void on_(start|step|end)\(", "As an `observer` may."),
    ("", r"std::optional<prompt> next\(\)", "As a `prompt_source` must."),
    ("", r"void step\(const parameters& ", "As an `optimizer` must."),
    ("reward", r".* operator\(\)\(", "The score, as a `reward` must; of a filter, whether to keep."),
    ("advantage", r".* operator\(\)\(", "The advantages, as an `advantage` or a `batch_advantage` must."),
    ("loss", r".* operator\(\)\(", "What is minimized, as a `policy_loss`, `aggregation`, `divergence` or supervised loss must."),
    ("optim", r".* operator\(\)\(", "The factor of the learning rate, as a `schedule` must."),
    ("", r".* operator\(\)\(", "As its slot must."),
]


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


def described_by_convention(folder, lines):
    """Puts the convention's sentence before each declaration that has no comment."""
    done, depth_of_parentheses = [], 0
    for i, line in enumerate(lines):
        text = line.strip()
        starts = depth_of_parentheses == 0
        code = re.sub(r'//.*|"(\\.|[^"\\])*"|\'(\\.|[^\'\\])\'', "", line)
        depth_of_parentheses = max(0, depth_of_parentheses + code.count("(") - code.count(")"))
        done.append(line)
        if not starts or not text or text.startswith(("//", "#", "}", "return", ":", "template", "requires")) or "///<" in line:
            continue
        first = len(done) - 1  # of the declaration, its template and requires lines included
        while first > 0 and done[first - 1].strip().startswith(("template", "requires")):
            first -= 1
        before = done[first - 1].strip() if first > 0 else ""
        if before.startswith("///") and not before.startswith("///<"):
            continue
        for where, pattern, sentence in CONVENTIONS:
            if (where in ("", folder)) and re.match(pattern, text):
                if sentence.startswith("Policies") and "->" not in text and "->" not in (lines[i + 1] if i + 1 < len(lines) else ""):
                    continue
                done.insert(first, f"/// {sentence}")
                break
    return done


def filtered(path, text):
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
    if about:
        lines[0] = "\n".join(["/// \\file", *about, "", lines[0]])

    if "suites" in path:  # GoogleTest's macros are no names
        lines = re.sub(r"(?m)^(TYPED_TEST_P\([^{]*\{[^}]*\}|(TYPED_TEST_SUITE|REGISTER_TYPED_TEST_SUITE)_P\([^;]*;)", "",
                       "\n".join(lines)).split("\n")
    lines = without_destructors(one_declaration_a_line(lines))
    lines = described_by_convention(folder, lines)
    for i, line in enumerate(lines):
        if re.match(r"namespace aha(::testing)?(::\w+_laws)? \{$", line):
            lines[i] = f"{line}\n/// \\addtogroup {folder}\n/// @{{"
        elif re.match(r"\}  // namespace aha(::testing)?(::\w+_laws)?$", line):
            lines[i] = f"/// @}}\n{line}"
    return "\n".join(lines)


if __name__ == "__main__":
    path = sys.argv[1]
    print(filtered(path, pathlib.Path(path).read_text()))
