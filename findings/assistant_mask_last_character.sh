#!/usr/bin/env bash
# transformers 5.23.0 (tokenizers 0.23.3): apply_chat_template(..., return_assistant_tokens_mask=True) leaves tokens out
# where a {% generation %} block ends with a character that is several tokens. Byte-level BPE makes four tokens of an
# emoji that it has not merged; all four have the same offsets, and the mask ends with the first of them. So the model
# never learns to finish the character. A letter behind it makes the mask whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.23.0 tokenizers==0.23.3 jinja2==3.1.6
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" - <<'P'
import tokenizers, transformers
from tokenizers import decoders, models, pre_tokenizers

letters = sorted(pre_tokenizers.ByteLevel.alphabet())
made = tokenizers.Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made)
template = "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}"

def mask(answer):
    rows = [{"role": "user", "content": "q"}, {"role": "assistant", "content": answer}]
    return tokenizer.apply_chat_template(rows, chat_template=template, tokenize=True, return_dict=True,
                                         return_assistant_tokens_mask=True)["assistant_masks"]

print("transformers", transformers.__version__, "tokenizers", tokenizers.__version__)
print("answer 'ok':", mask("ok"))
print("an emoji, then a letter:", mask("\N{GRINNING FACE}k"))
print("an emoji at the end:", mask("k\N{GRINNING FACE}"))
assert mask("ok") == [0, 1, 1]
assert mask("\N{GRINNING FACE}k") == [0, 1, 1, 1, 1, 1]
assert mask("k\N{GRINNING FACE}") == [0, 1, 1, 0, 0, 0], "the behavior has changed"
P
