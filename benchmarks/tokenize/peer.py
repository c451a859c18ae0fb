"""The other side of `benchmarks/run tokenize`: the library tokenizers, on one thread. Prints one JSON line."""
import argparse
import array
import json
import time

import tokenizers

options = argparse.ArgumentParser()
for name in ["--tokenizer", "--text", "--ids"]:
    options.add_argument(name, required=True)
options = options.parse_args()
texts = [json.loads(line) for line in open(options.text, encoding="utf-8")]
start = time.process_time()
made = tokenizers.Tokenizer.from_file(options.tokenizer)
figures = {"load_json_s": time.process_time() - start}
start = time.process_time()
encoded = made.encode_batch_fast(texts, add_special_tokens=False)  # without offsets
figures["encode_s"] = time.process_time() - start
start = time.process_time()
made.encode_batch(texts, add_special_tokens=False)
figures["encode_with_spans_s"] = time.process_time() - start
ids = array.array("i")
for one in encoded:
    ids.extend(one.ids)
ids.tofile(open(options.ids, "wb"))
print(json.dumps(figures | {"bytes": sum(len(t.encode()) for t in texts), "tokens": len(ids)}))
