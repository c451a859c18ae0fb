"""Writes what tests/files/json_parser_test.cpp and tests/data/row_texts_test.cpp compare with: how Python's json reads
texts, and how its text files with universal newlines are cut into lines.

A value is described as "null", "true", "int 5", "float 7ff0000000000000" (its bits), "text c3a9" (its bytes; half of a
surrogate pair as UTF-8 would have it), "[...]" and "{key: ..., ...}"; nothing where Python refuses the text.

Run:  python3.11 tests/golden/make_json_golden.py   (writes tests/core/data/json.json and tests/data/data/row_texts.json)
"""
import io
import json
import pathlib
import random
import struct
import sys

tests = pathlib.Path(__file__).resolve().parent.parent
random.seed(20261127)


def described(value):
    if value is None or value is True or value is False:
        return json.dumps(value)
    if isinstance(value, int):
        return f"int {value}"
    if isinstance(value, float):
        return "float " + ("nan" if value != value else struct.pack(">d", value).hex())
    if isinstance(value, str):
        return "text " + value.encode("utf-8", "surrogatepass").hex()
    if isinstance(value, list):
        return "[" + ", ".join(map(described, value)) + "]"
    return "{" + ", ".join(f"{described(key)}: {described(v)}" for key, v in value.items()) + "}"


def read(text):
    try:
        return described(json.loads(text))
    except (json.JSONDecodeError, RecursionError):
        return None


chosen = [
    "NaN", "-Infinity", "Infinity", "-NaN", "nan", "+1", "Inf", "-Inf", "1e400", "-1e400", "1e-400", "-1e-400", "-0", "0.0", "-0.0", "0", "00", "01",
    "-01", "1.", ".5", "-.5", "1e5", "1E+2", "1e-2", "1e", "1e+", "2.5e", "-", "0x10", "5e-324", "2e-324", "4.9e-324", "2.2250738585072011e-308",
    "1.7976931348623157e308", "1.7976931348623159e308", "9007199254740993", "9007199254740993.0", "0.1", "123456.789e-3", "1" * 400 + "e-390",
    "0." + "0" * 400 + "1e405", "18446744073709551615", "9223372036854775808", "-9223372036854775808", '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"',
    '"\\u0000"', '"\x7f"', '"\x01"', '"a\tb"', '"a\nb"', '"\\x41"', '"\\/\\b\\f\\n\\r\\t\\\\\\""', '"\\u12g4"', '"\\u+123"', '"\\u 123"', '"\\u12"',
    '"\\u00E9é\U0001f600\u2028\u2029\u0085"', '"\\', '"\\"', '"', '""', "'a'", "True", "None", "tru", "nulll", "null", " {} ", "\t[\n]\r", "{},", "[1,]",
    "[,1]", "[1 2]", "[1,,2]", "[", "]", "{", "}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a" :\t1 , "b":[ ] }', "{a:1}", "{1:1}", '{"":""}',
    '{"a":1;"b":2}', '{"a":1}}', '{"b":1,"a":2,"B":3}', "// c", "/**/1", "\ufeff{}", "{}\ufeff", "\x00", '{"a":1}\x00', "\x0b1", "\x0c1", "\u00a01",
    "", " ", "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "{} {}", "1 1", '"a" "b"', "[NaN,Infinity,-Infinity]", '{"NaN":NaN}', "[-]", "[1e]", "[tru]",
]
parts = ["{", "}", "[", "]", ",", ":", '"', '"a"', '"b":', "1", "-", "0", ".", "e", "E", "+", "NaN", "Infinity", "-Infinity", "true", "null", " ", "\\",
         "\\u00e9", "é", "\n", "\t", "1e400", "0.5"]


def value(depth):
    kind = random.randrange(5, 8) if depth == 0 else random.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return random.choice([True, False, None])
    if kind == 1:
        return random.randrange(-2**63, 2**63)
    if kind == 2:
        return random.choice([random.gauss(0, 1), random.gauss(0, 1) * 10.0**random.randrange(-320, 308), float("nan"), float("inf"), -float("inf")])
    if kind in (3, 4):
        return "".join(random.choice('ab"\\\n\té\u2028\U0001f600/') for _ in range(random.randrange(6)))
    if kind == 5:
        return {random.choice("abcdefgh") + str(i): value(depth + 1) for i in range(random.randrange(5))}
    return [value(depth + 1) for _ in range(random.randrange(4))]


for n in range(300):
    text = json.dumps(value(0), ensure_ascii=n % 2 == 0, indent=random.choice([None, None, 1]))
    for _ in range(n % 3):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(parts) + text[at + random.randrange(3):]
    chosen.append(text)

refused = ['"\\ud800"', '"\\udc00"', '"\\ud83d\\u0041"', '"\\ud83d\\n"', '"\\ud83dx"', "18446744073709551616", "-9223372036854775809", "1" * 100,
           '{"a":1,"a":2}', '{"b":{"a":1,"\\u0061":2}}', "{" + ",".join(f'"k{i % 19}":1' for i in range(20)) + "}"]


def ours_refuses(text):
    """Whether Python reads the text, but a value of ours could not hold what it says."""
    def different(pairs):
        if len(dict(pairs)) < len(pairs):
            raise OverflowError
        return dict(pairs)

    def narrow(digits):
        if not -2**63 <= int(digits) < 2**64:
            raise OverflowError
        return int(digits)

    try:
        json.dumps(json.loads(text, object_pairs_hook=different, parse_int=narrow), ensure_ascii=False).encode()
    except (OverflowError, UnicodeEncodeError):
        return True
    except json.JSONDecodeError:
        pass
    return False


assert all(map(ours_refuses, refused))
texts = {text: read(text) for text in chosen if not ours_refuses(text)}

out = tests / "core" / "data" / "json.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps({"python": sys.version.split()[0],
                           "texts": [[text, is_] for text, is_ in texts.items()],
                           "refused": [[text, read(text)] for text in refused]}, indent=0) + "\n")

rows = ['{"a":1}', '{"a":"\u2028\u0085\x7f"}', '{"b":[1,{"c":null}]}', '{"d":"\\n\\r"}', '{"e":NaN}', "{}", '{"f":"' + "x" * 70 + '"}']
blanks = ["", " ", "\t", " \t "]
ends = ["\n", "\r\n", "\r"]
files = []
for n in range(120):
    text = random.choice(["", "", "\ufeff"])
    for _ in range(random.randrange(8)):
        text += random.choice(blanks) + random.choice(rows + blanks) + random.choice(blanks) + random.choice(ends)
    if n % 3 == 0:
        text += random.choice(rows)
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8-sig").readlines()
    files.append([text, [[i + 1, described(json.loads(line))] for i, line in enumerate(lines) if line.strip()]])
lists = []
for n in range(60):
    values = [json.loads(row) for row in random.choices(rows, k=random.randrange(6))]
    text = json.dumps(values, indent=random.choice([None, 1, "\t"]), ensure_ascii=n % 2 == 0)
    text = random.choice(["", "\ufeff", " \n"]) + text + random.choice(["", "\n", " \r\n\r\n"])
    lists.append([text, [described(v) for v in json.loads(text.lstrip("\ufeff"))]])
out = tests / "data" / "data" / "row_texts.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps({"python": sys.version.split()[0], "files": files, "lists": lists}, indent=0) + "\n")
