#pragma once

#include <string_view>

/// Python's assertions about a program that is not trusted, in two processes: the checks in one, the program in
/// another. They send each other plain values (numbers, texts, lists, tuples, sets, dictionaries, None), and stand-ins
/// for other objects. So a program can neither read what is expected of it nor end or change the checks, and an object
/// of its own, whatever it claims to be equal to, equals nothing but itself.
namespace aha::code::detail {

/// What both processes begin with: values as JSON, one a line.
inline constexpr std::string_view python_values = R"python(
import json, sys
sys.setrecursionlimit(3000)
hears, says = open(3, "r", encoding="utf-8"), open(4, "w", encoding="utf-8")

def send(message):
    says.write(json.dumps(message) + "\n")
    says.flush()

def encoded(value, other):
    if value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        return ["int", str(int(value))] if abs(int(value)) > 2**53 else int(value)
    if isinstance(value, float):
        return ["float", float.hex(float(value))]
    if isinstance(value, complex):
        return ["complex", float.hex(value.real), float.hex(value.imag)]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", bytes(value).hex()]
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return [kind.__name__, [encoded(one, other) for one in kind.__iter__(value)]]
    if isinstance(value, dict):
        return ["dict", [[encoded(key, other), encoded(one, other)] for key, one in dict.items(value)]]
    return ["object", other(value)]

def decoded(value, other):
    if not isinstance(value, list):
        return value
    kind, first = value[0], value[1]
    if kind == "int":
        return int(first)
    if kind == "float":
        return float.fromhex(first)
    if kind == "complex":
        return complex(float.fromhex(first), float.fromhex(value[2]))
    if kind == "bytes":
        return bytes.fromhex(first)
    if kind in ("list", "tuple", "set", "frozenset"):
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](
            decoded(one, other) for one in first)
    if kind == "dict":
        return {decoded(key, other): decoded(one, other) for key, one in first}
    return other(first)
)python";

/// The program's process: it runs /box/main.py and does what it is asked.
inline constexpr std::string_view python_program = R"python(
def serve():
    kept, names = [], {"__name__": "program", "__builtins__": __builtins__}

    def keep(value):
        kept.append(value)
        return len(kept) - 1

    with open("/box/main.py", encoding="utf-8") as file:
        text = file.read()
    try:
        exec(compile(text, "main.py", "exec"), names)
    except SyntaxError as problem:
        send(["syntax", str(problem)])
        return
    except BaseException as problem:
        send(["error", type(problem).__name__, str(problem)])
        return
    send(["ready"])
    for line in hears:
        wish, of, *more = json.loads(line)
        try:
            if wish == "name":
                if of not in names:
                    raise NameError("name '%s' is not defined" % of)
                given = names[of]
                # A name is a stand-in, so that a function of this name can be called.
                answer = ["object", keep(given)] if callable(given) else encoded(given, keep)
            elif wish == "call":
                arguments, named = decoded(more[0], kept.__getitem__), decoded(more[1], kept.__getitem__)
                answer = encoded(kept[of](*arguments, **named), keep)
            elif wish == "attribute":
                given = getattr(kept[of], more[0])
                answer = ["object", keep(given)] if callable(given) else encoded(given, keep)
            elif wish == "items":
                answer = encoded(list(kept[of]), keep)
            elif wish == "item":
                answer = encoded(kept[of][decoded(more[0], kept.__getitem__)], keep)
            elif wish == "length":
                answer = encoded(len(kept[of]), keep)
            else:
                answer = encoded(repr(kept[of]), keep)
            send(["value", answer])
        except BaseException as problem:
            send(["error", type(problem).__name__, str(problem)])

serve()
)python";

/// The checks' process: it runs the texts in /box/checks.json, and writes of each what became of it, as JSON, a line
/// each.
inline constexpr std::string_view python_checks = R"python(
import builtins

class program_error(Exception):
    pass

def ask(*wish):
    send(list(wish))
    return heard()

def heard():
    line = hears.readline()
    if not line:
        raise EOFError("the program ended")
    kind, *more = json.loads(line)
    if kind == "value":
        return decoded(more[0], stand_in)
    if kind == "ready":
        return None
    name, text = (more[0], more[1]) if kind == "error" else ("SyntaxError", more[0])
    known = getattr(builtins, str(name), None)
    if isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, AssertionError):
        try:
            problem = known(text)
        except TypeError:
            problem = program_error("%s: %s" % (name, text))
    else:
        problem = program_error("%s: %s" % (name, text))
    raise problem

class stand_in:
    __slots__ = ("_number",)

    def __init__(self, number):
        self._number = int(number)

    def __call__(self, *arguments, **named):
        return ask("call", self._number, encoded(arguments, number_of), encoded(named, number_of))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return ask("attribute", self._number, name)

    def __iter__(self):
        return iter(ask("items", self._number))

    def __getitem__(self, key):
        return ask("item", self._number, encoded(key, number_of))

    def __len__(self):
        return ask("length", self._number)

    def __repr__(self):
        return str(ask("text", self._number))

    def __bool__(self):
        raise TypeError("an object of the program is neither true nor false")

def number_of(value):
    if type(value) is stand_in:
        return value._number
    raise TypeError("a %s cannot be given to the program" % type(value).__name__)

class names_of_checks(dict):
    def __missing__(self, name):
        if hasattr(builtins, name):
            return getattr(builtins, name)
        return ask("name", name)

class the_program:
    def __getattr__(self, name):
        return ask("name", name)

def plain(value):
    """A value as JSON has it: tuples are lists, keys are texts."""
    return json.loads(json.dumps(value))

def run_checks():
    with open("/box/checks.json", encoding="utf-8") as file:
        tests = json.load(file)
    report, sys.stdout = sys.stdout, open("/dev/null", "w")

    def say(end, reason=""):
        report.write(json.dumps([end, reason[-500:]]) + "\n")
        report.flush()

    failed = None
    try:
        heard()
    except SyntaxError as problem:
        failed = ("compile error", "SyntaxError: %s" % problem)
    except BaseException as problem:
        failed = ("memory" if isinstance(problem, MemoryError) else "error",
                  "%s: %s" % (type(problem).__name__, problem))
    for test in tests:
        if failed:
            say(*failed)
            continue
        try:
            names = names_of_checks(__name__="checks", json=json, plain=plain, _program=the_program())
            for name in test["names"]:
                names[name] = ask("name", name)
            exec(compile(test["checks"], "checks", "exec"), names)
            say("accepted")
        except AssertionError as problem:
            say("wrong answer", "AssertionError: %s" % problem)
        except MemoryError as problem:
            say("memory", str(problem))
        except BaseException as problem:
            say("error", "%s: %s" % (type(problem).__name__, problem))

run_checks()
)python";

}  // namespace aha::code::detail
