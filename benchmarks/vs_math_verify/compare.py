"""Math-Verify 0.9.0 and this library judge the same answers, one thread each: answers a second of each kind, their ratio, and
on how many both agree. The cases are made here, all different, since Math-Verify remembers the last texts that it read."""

import argparse
import json
import logging
import pathlib
import random
import subprocess
import tempfile
import time

from math_verify import parse, verify

SENTENCES = ["The answer is {}.", "So we get {}", "Therefore \\boxed{{{}}}.", "\\boxed{{{}}}", "Hence $x = {}$ is right.",
             "The final answer is ${}$. I hope it is correct.", "First $3$, then $\\boxed{{{}}}$."]


def numbers(draw):
    """Pairs of a reference and an answer, both numbers: integers, decimals, fractions, percentages."""
    n, d, places = draw.randrange(1, 100000), draw.randrange(2, 100), draw.randrange(1, 5)
    kind = draw.randrange(6)
    gold, said = [
        (str(n), f"{n:,}"), (f"{n / 10**places}", f"{n / 10**places}0"), (f"\\frac{{{n}}}{{{d}}}", f"\\dfrac{{{2 * n}}}{{{2 * d}}}"),
        (f"{n % 100}\\%", f"{n % 100}"), (str(n), str(n + draw.randrange(2))), (f"-{n}", f"-{n}.0"),
    ][kind]
    return f"${gold}$", draw.choice(SENTENCES).format(said)


def formulas(draw):
    """Pairs of formulas: polynomials, roots, trigonometry, equations, sets, intervals, matrices."""
    a, b, c = (draw.randrange(2, 12) for _ in range(3))
    wrong = draw.randrange(4) == 0
    w = 1 if wrong else 0
    gold, said = [
        (f"(x+{a})(x-{b})", f"x^2+{a - b + w}x-{a * b}" if a >= b else f"x^2{a - b + w}x-{a * b}"),
        (f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{a * a * b + w}}}"),
        (f"\\sin^2({a}x)+{b}", f"{b + 1 + w}-\\cos^2({a}x)"),
        (f"{a}x+{b}y={c}", f"y=\\frac{{{c + w}-{a}x}}{{{b}}}"),
        (f"\\{{{a},{a + b},{a + b + c}\\}}", f"\\{{{a + b + c},{a + w},{a + b}\\}}"),
        (f"[{-a},{b})\\cup({b + c},\\infty)", f"({b + c},\\infty)\\cup[{-a - w},{b})"),
        (f"\\begin{{pmatrix}}{a} & {b} \\\\ {c} & \\frac{{1}}{{{a}}}\\end{{pmatrix}}",
         f"\\begin{{bmatrix}}{a} & {b + w} \\\\ {c} & {a}^{{-1}}\\end{{bmatrix}}"),
        (f"\\frac{{x^2-{a * a}}}{{x-{a}}}", f"x+{a + w}"),
        (f"{-a} < x \\le {b}", f"({-a}, {b + w}]"),
        (f"e^{{{a}x}}\\ln({b})", f"(e^x)^{{{a}}}\\ln {b + w}"),
        (f"x=\\pm\\sqrt{{{a}}}", f"\\{{\\sqrt{{{a}}},-\\sqrt{{{a + w}}}\\}}"),
        (f"\\frac{{\\sqrt{{{a}}}+{b}}}{{{c}}}", f"\\frac{{{b + w}}}{{{c}}}+\\frac{{\\sqrt{{{a}}}}}{{{c}}}"),
    ][draw.randrange(12)]
    return f"${gold}$", draw.choice(SENTENCES[2:]).format(said)


def made(kind, count):
    draw, seen = random.Random(17), {}
    while len(seen) < count:
        seen[kind(draw)] = None
    return list(seen)


def peer(cases):
    verdicts, begin = [], time.perf_counter()
    for gold, answer in cases:
        verdicts.append(verify(parse(gold), parse(answer)))
    return verdicts, time.perf_counter() - begin


def main():
    arguments = argparse.ArgumentParser(prog="benchmarks/run vs_math_verify", description=__doc__,
                                        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", required=True, help=argparse.SUPPRESS)
    arguments.add_argument("--count", type=int, default=300, help="cases of each kind")
    arguments.add_argument("--repeat", type=int, default=20, help="passes of this library over the cases")
    options = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    peer(made(numbers, 20) + made(formulas, 20)[:5])  # what Math-Verify loads and compiles at its first answers
    print(f"{'kind':<10}{'cases':>7}{'agree':>7}{'Math-Verify/s':>15}{'aha/s':>12}{'ratio':>8}{'slowest, ms':>13}")
    for name, kind in (("easy", numbers), ("hard", formulas)):
        cases = made(kind, options.count)
        theirs, seconds = peer(cases)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "cases.jsonl"
            path.write_text("".join(json.dumps({"gold": g, "answer": a}) + "\n" for g, a in cases))
            said = json.loads(subprocess.run([options.program, "--in", path, "--repeat", str(options.repeat)],
                                             check=True, capture_output=True, text=True).stdout)
        agree = sum(a == b for a, b in zip(theirs, said["verdicts"]))
        slow, fast = len(cases) / seconds, said["answers_per_second"]
        print(f"{name:<10}{len(cases):>7}{agree:>7}{slow:>15.1f}{fast:>12.0f}{fast / slow:>8.0f}{said['slowest_ms']:>13.3f}")


main()
