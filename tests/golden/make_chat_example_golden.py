#!/usr/bin/env python3
"""Writes tests/train/data/chat_examples.json: ids and assistant masks that transformers gives conversations with
tests/text/data/tokenizers/qwen.json and the chat templates with generation blocks. Versions are in the file."""
import json, os, pathlib
os.environ["HF_HUB_OFFLINE"] = "1"
import tokenizers, transformers

tests = pathlib.Path(__file__).parent.parent
source = json.loads((tests / "text" / "data" / "tokenizers" / "qwen.json").read_text())
source.pop("golden")
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer.from_str(json.dumps(source)))
conversations = [
    [{"role": "user", "content": "What is 12 + 30?"}, {"role": "assistant", "content": "It is 42."}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
     {"role": "assistant", "content": "Hello there."}, {"role": "user", "content": "Und auf Deutsch, mit ü?"},
     {"role": "assistant", "content": "<think>\nGrüße auf Deutsch.\n</think>\n\nGuten Tag, schöne Grüße! 你好"}],
    [{"role": "user", "content": "a\n\nb"}, {"role": "assistant", "content": ""}],
]
cases = []
for name in ("qwen3_training",):
    template = (tests / "text" / "data" / "chat" / f"{name}.jinja").read_text()
    for messages in conversations:
        made = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=True, return_dict=True,
                                             return_assistant_tokens_mask=True)
        cases.append({"template": name, "messages": messages, "ids": list(made["input_ids"]),
                      "mask": list(made["assistant_masks"])})
        assert any(cases[-1]["mask"]) and not all(cases[-1]["mask"])
out = tests / "train" / "data" / "chat_examples.json"
out.write_text(json.dumps({"versions": {"transformers": transformers.__version__,
                                        "tokenizers": tokenizers.__version__}, "cases": cases}))
print(out, [sum(c["mask"]) for c in cases], [len(c["mask"]) for c in cases])
