#!/usr/bin/env python3
"""Writes tests/text/data/assistant_turns.json: conversations, as transformers renders them with released templates, and
where the assistant speaks according to the same templates with generation blocks, as TRL ships them beside. A case whose
two templates write different texts says so. Versions are in the file."""
import json, os, pathlib
os.environ["HF_HUB_OFFLINE"] = "1"
import transformers, trl
from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import render_jinja_template


class fixed_datetime(chat_template_utils.datetime):
    """What strftime_now reads: always the same day."""

    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 27)


chat_template_utils.datetime = fixed_datetime

tests = pathlib.Path(__file__).parent.parent
shipped = pathlib.Path(trl.__file__).parent / "chat_templates"
variables = {"bos_token": "<s>", "eos_token": "</s>"}
hello = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
conversations = {
    "one turn": hello,
    "with a system message": [{"role": "system", "content": "Be brief."}] + hello,
    "two turns": hello + [{"role": "user", "content": "Und auf Deutsch, mit ü?"},
                          {"role": "assistant", "content": "Grüße! 你好"}],
    "thoughts apart": [hello[0], {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."}],
    "thoughts in the text": [hello[0], {"role": "assistant", "content": "<think>\nA greeting.\n</think>\n\nHello."}],
    "a call": [hello[0], {"role": "assistant", "content": "", "tool_calls": [
        {"type": "function", "function": {"name": "greet", "arguments": {"to": "you", "at": 3}}}]},
        {"role": "tool", "name": "greet", "content": "done"}, {"role": "assistant", "content": "Hello."}],
}
templates = {"qwen3": "qwen3", "qwen2_5": "qwen2_5", "llama3_1": "llama3", "gemma3": "gemma3", "glm4moe": "glm4moe",
             "gptoss": "gptoss", "deepseek_r1_distill": "deepseek_r1_distill"}
cases = []
for name, marked in templates.items():
    plain = (tests / "text" / "data" / "chat" / f"{name}.jinja").read_text()
    marks = (shipped / f"{marked}_training.jinja").read_text()
    for what, messages in conversations.items():
        def rendered(template, **more):
            try:
                made = render_jinja_template([messages], chat_template=template, **variables, **more)
                return made[0][0], made[1][0] if made[1] else []
            except Exception as problem:
                return None, type(problem).__name__
        text, _ = rendered(plain)
        marked_text, spans = rendered(marks, return_assistant_tokens_mask=True)
        case = {"template": name, "conversation": what, "messages": messages, "text": text}
        if text is not None and text == marked_text and spans:
            case["said"] = [text[begin:end] for begin, end in spans]
            case["before"] = [text[:begin] for begin, _ in spans]
        cases.append(case)
out = tests / "text" / "data" / "assistant_turns.json"
out.write_text(json.dumps({"versions": {"transformers": transformers.__version__, "trl": trl.__version__},
                           "variables": variables, "cases": cases}, ensure_ascii=False, indent=0) + "\n")
for c in cases: print(c["template"], "|", c["conversation"], "|", c["text"] is not None, "|", c.get("said"))
