"""Writes what tests/text/released_templates_test.cpp compares with: the chat templates of models that TRL and llama.cpp
carry (each the text of its model's own repository), rendered by transformers for conversations of every kind: the text
and the bytes that {% generation %} wrote, or that there is an error. Text spans are in bytes of UTF-8.

Run:  python tests/golden/make_released_templates_golden.py LLAMA_CPP [PROBE]
LLAMA_CPP is vendor/llama.cpp of the sources of llama-cpp-python 0.3.36 (pip download --no-deps --no-binary :all:). It
writes tests/text/data/chat/released.json.gz. With PROBE, a program that answers lines {"template", "messages",
"add_generation_prompt", "variables"} with {"text", "spans"} or {"error"}, it compares a larger net instead.
"""
import collections
import gzip
import json
import logging
import pathlib
import re
import subprocess
import sys

import jinja2
import transformers
import trl
from transformers.utils import chat_template_utils

logging.disable(logging.WARNING)


class fixed_datetime(chat_template_utils.datetime):
    """What strftime_now reads: always the same moment."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 9, 5, 3)


chat_template_utils.datetime = fixed_datetime


def templates(llama_cpp):
    """By name; a text that several names have is there once."""
    found = {"trl/" + f.stem: f.read_text() for f in sorted((pathlib.Path(trl.__file__).parent / "chat_templates").glob("*.jinja"))}
    found |= {"llama.cpp/" + f.stem: f.read_text() for f in sorted(llama_cpp.rglob("*.jinja"))}
    tests = (llama_cpp / "tests" / "test-chat-template.cpp").read_text()
    escapes = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}
    for name, text in re.findall(r'\.name= \*/\s*"([^"]*)",\s*/\* \.template_str= \*/\s*(?:U8C\()?"((?:[^"\\]|\\.)*)"', tests):
        found["llama.cpp tests/" + name] = re.sub(r"\\(.)", lambda m: escapes[m[1]], text)
    return {name: text for name, text in found.items() if name == next(n for n, t in found.items() if t == text)}


weather = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather \"now\" <in> a city's centre & around: °C.",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Name of the city"}, "unit": {"type": "string", "enum": ["C", "F"]},
        "days": {"type": "integer", "default": 3},
        "deep": {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array", "items": {"type": "number"}}}}},
        "required": ["city"]}}}
nothing = {"type": "function", "function": {"name": "nothing", "description": "Nothing.", "parameters": {"type": "object", "properties": {}}}}
given = {"city": "Zürich", "days": 2, "exact": True, "ratio": 1.5, "none": None, "list": [1, "a"], "o": {"k": "v"}}


def call(arguments, name="call00001"):
    return {"type": "function", "id": name, "function": {"name": "get_weather", "arguments": arguments}}


def tool(content, name="call00001"):
    return {"role": "tool", "name": "get_weather", "tool_call_id": name, "content": content}


def turns(*contents, system=None):
    roles = ["user", "assistant"]
    said = [{"role": "system", "content": system}] if system is not None else []
    return said + [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]


conversations = {
    "single": turns("What is 2 + 2?"), "system": turns("What is 2 + 2?", system="Answer in one word."),
    "many": turns("Hi", " Hello! ", "How are you?\n", "Fine.", "Bye", system="  Be kind.\n"),
    "assistant last": turns("Hi", "Hello", "Sum?", "4"), "developer": [{"role": "developer", "content": "Be brief."}] + turns("Hi"),
    "thinking": turns("2+2?", "<think>\nTwo and two\nmake four.\n</think>\n\nIt is 4.", "And 3+3?", system="Think."),
    "reasoning": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "reasoning_content": "\nEasy.\n", "content": "4"},
                  {"role": "user", "content": "3+3?"}, {"role": "assistant", "reasoning_content": "Six.", "content": "6"}],
    "unicode": turns("Grüße, 世界 \U0001f600 e\u0301 \u00a0\u3000 ÄSSE ß", "日本語です。", "<|im_end|> {{ no }} {% template %}", system="Привет İı"),
    "empty": turns("", "", "", system=""),
    "tool calls": [{"role": "user", "content": "Weather in Zürich?"}, {"role": "assistant", "content": "", "tool_calls": [call(given)]},
                   tool("{\"temperature\": 21.5}")],
    "two calls": [{"role": "system", "content": "Use tools."}, {"role": "user", "content": "Weather?"},
                  {"role": "assistant", "content": "Let me see.", "reasoning_content": "Look.",
                   "tool_calls": [call(given), call({"city": "Bern"}, "call00002")]},
                  tool("21"), tool("22", "call00002"), {"role": "assistant", "content": "Between."}, {"role": "user", "content": "Thanks"}],
    "calls in text": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "See.", "tool_calls": [call('{"city": "Zürich"}')]},
                      tool("21"), {"role": "assistant", "content": "21."}],
    "no content": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "tool_calls": [call(given)]}, tool("21")],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "this?"}]},
              {"role": "assistant", "content": [{"type": "text", "text": "That."}]}, {"role": "user", "content": [{"type": "text", "text": "Why?"}]}],
    "image": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "See?"}]}],
    "wrong order": turns("a") + turns("b"), "odd role": [{"role": "critic", "content": "No."}], "none": [],
}
tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
plain, tools = {}, {"tools": [weather]}
quick = {"tools": [weather, nothing], "enable_thinking": False, "thinking": False, "reasoning_effort": "low", "date_string": "1 Jan 2025",
         "tools_in_user_message": False}
slow = {"enable_thinking": True, "thinking": True, "reasoning_effort": "high", "documents": [{"title": "T", "text": "Body"}],
        "add_vision_id": True, "preserve_thinking": True, "clear_thinking": False}
net = [(variables, which, prompt) for variables, chosen in [
    (plain, list(conversations)), (tools, ["single", "system", "tool calls", "two calls", "calls in text", "many", "no content"]),
    (quick, ["single", "system", "two calls", "reasoning"]), (slow, ["single", "thinking", "reasoning", "many", "parts"])]
    for which in chosen for prompt in (True, False)]
recorded = [(plain, "many", True), (plain, "reasoning", False), (plain, "unicode", True), (plain, "parts", True), (plain, "odd role", True),
            (plain, "wrong order", False), (tools, "single", True), (tools, "two calls", True), (tools, "calls in text", False),
            (quick, "system", True), (slow, "thinking", True)]


def in_bytes(text, spans):
    return [[len(text[:begin].encode()), len(text[:end].encode())] for begin, end in spans]


def render(source, variables, which, prompt):
    try:
        text, spans = chat_template_utils.render_jinja_template(
            [conversations[which]], chat_template=source, add_generation_prompt=prompt, return_assistant_tokens_mask=True,
            **{**tokens, **variables})
        return {"text": text[0]} | ({"spans": in_bytes(text[0], spans[0])} if spans[0] else {})
    except Exception as problem:
        return {"error": f"{type(problem).__name__}: {problem}"[:100]}


def compare(sources, probe):
    cases = [(name, case) for name in sources for case in net]
    asked = [json.dumps({"template": sources[name], "messages": conversations[which], "add_generation_prompt": prompt,
                         "variables": {**tokens, **variables}}) for name, (variables, which, prompt) in cases]
    answers = subprocess.run([probe], input="\n".join(asked) + "\n", capture_output=True, text=True).stdout.split("\n")
    outcomes = collections.Counter()
    for (name, case), line in zip(cases, answers, strict=False):
        wanted, got = render(sources[name], *case), json.loads(line)
        equal = "error" in got if "error" in wanted else got.get("text") == wanted["text"] and got.get("spans", []) == wanted.get("spans", [])
        outcomes["errors" if "error" in wanted else "texts"] += 1
        if not equal:
            outcomes["differ"] += 1
            print(name, case, wanted, got)
    print(len(sources), "templates:", dict(outcomes))


if __name__ == "__main__":
    sources = templates(pathlib.Path(sys.argv[1]))
    if len(sys.argv) > 2:
        sys.exit(compare(sources, sys.argv[2]))
    golden = {"versions": {"transformers": transformers.__version__, "jinja2": jinja2.__version__, "trl": trl.__version__,
                           "llama-cpp-python": "0.3.36"},
              "now": [2024, 7, 6, 9, 5, 3], "tokens": tokens, "conversations": conversations,
              "cases": [{"variables": v, "conversation": c, "add_generation_prompt": p} for v, c, p in recorded],
              "templates": [{"name": name, "source": source, "renders": [render(source, *case) for case in recorded]}
                            for name, source in sources.items()]}
    path = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "chat" / "released.json.gz"
    path.write_bytes(gzip.compress(json.dumps(golden, ensure_ascii=False).encode(), 9, mtime=0))
    print(golden["versions"], len(sources), "templates,", len(recorded), "renders each,", path.stat().st_size, "bytes")
