#!/usr/bin/env bash
# TRL 1.16.0 (its file chat_templates/qwen3.jinja, the template of the Qwen3 models) with Jinja2 3.1.6: whether a dialogue with a tool
# keeps its beginning depends on whether the model thought before it called. The template writes an empty thought,
# "<think>\n\n</think>\n\n", before a turn of the assistant without thoughts while that is the last message, and leaves it out
# once the tool has answered. So the text up to a call is no beginning of the text with the answer: who cuts turns out by
# prefixes, or trains on the one and decodes with the other, has another context for the same call. A call after a thought
# keeps its beginning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps trl==1.16.0 jinja2==3.1.6 markupsafe==3.0.3
cat >"$folder/render.py" <<'PYTHON'
import json
import pathlib
import sys
import sysconfig

from jinja2.sandbox import ImmutableSandboxedEnvironment

path = pathlib.Path(sysconfig.get_path("purelib")) / "trl/chat_templates/qwen3.jinja"
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
environment.filters["tojson"] = lambda value, **options: json.dumps(value)
template = environment.from_string(path.read_text())
call = {"role": "assistant", "content": "",
        "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}]}
kept = {}
for name, turn in (("without", call), ("with", {**call, "reasoning_content": "I add."})):
    talk = [{"role": "user", "content": "What is 1 + 2?"}, turn]
    before = template.render(messages=talk, add_generation_prompt=False)
    whole = template.render(messages=talk + [{"role": "tool", "content": "3"}], add_generation_prompt=True)
    kept[name] = whole.startswith(before)
    print(f"a call {name} a thought: the dialogue up to it is a beginning of the dialogue with the answer: {kept[name]}; "
          f"empty thoughts in the first {before.count('<think>' + chr(10) * 2)}, in the second {whole.count('<think>' + chr(10) * 2)}")
sys.exit("the behavior has changed" if kept != {"without": False, "with": True} else 0)
PYTHON
"$folder/venv/bin/python" "$folder/render.py"
