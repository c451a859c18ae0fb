"""Writes the GGUF files that tests/pretrained/gguf_types_test.cpp reads: one tensor of each type, random blocks beside
blocks that llama.cpp itself wrote, with what gguf 0.19.0 (for Q1_0 and Q2_0: llama.cpp) makes of them.

Run:  python tests/golden/make_gguf_golden.py LIBRARY    (writes into tests/model/data/gguf)

LIBRARY is libggml-base.so of the llama.cpp in llama-cpp-python 0.3.36's source archive:
      pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36, then cmake on its vendor/llama.cpp, target ggml-base.
"""
import ctypes
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent.parent / "model" / "data" / "gguf"
here.mkdir(parents=True, exist_ok=True)
(here / "versions.json").write_text(json.dumps({"gguf": "0.19.0", "llama-cpp-python": "0.3.36", "torch": torch.__version__},
                                               indent=1) + "\n")
ggml = ctypes.CDLL(sys.argv[1])
ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
Q = gguf.GGMLQuantizationType
SIZES = {kind.value: gguf.GGML_QUANT_SIZES[kind] for kind in Q} | {41: (128, 18), 42: (64, 18)}
NAMES = {kind.value: kind.name for kind in Q} | {41: "Q1_0", 42: "Q2_0"}
PLAIN = {24: np.int8, 25: np.int16, 26: np.int32, 27: np.int64, 28: np.float64}
# Where a block has float16 scales. IQ1_M, whose scale is cut in four, is seen to below.
HALVES = {2: [0], 3: [0, 2], 6: [0], 7: [0, 2], 8: [0], 10: [80, 82], 11: [108], 12: [0, 2], 13: [0, 2], 14: [208], 16: [0], 17: [0],
          18: [0], 19: [0], 20: [0], 21: [0], 22: [0], 23: [0], 34: [52], 35: [64], 41: [0], 42: [0]}
random = np.random.default_rng(16)


def by_ggml(kind, raw):
    """What llama.cpp's own function for the type makes of the blocks."""
    made = np.zeros(raw.size // SIZES[kind][1] * SIZES[kind][0], np.float32)
    function = getattr(ggml, "dequantize_row_" + NAMES[kind].lower().replace("_k", "_K"))
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    function(raw.ctypes.data, made.ctypes.data, made.size)
    return made


def numbers(kind, raw):
    if kind in PLAIN: return raw.view(PLAIN[kind]).astype(np.float32)
    if kind in (41, 42): return by_ggml(kind, raw)
    made = gguf.quants.dequantize(raw, Q(kind)).astype(np.float32).reshape(-1)
    if kind > 1 and kind != 30: assert np.array_equal(made, by_ggml(kind, raw)), NAMES[kind]
    return made


def random_blocks(kind):
    elements, size = SIZES[kind]
    blocks = random.integers(0, 256, (512 // elements, size), dtype=np.uint8)
    for at in HALVES.get(kind, []):
        blocks[:, at:at + 2] = random.normal(size=(len(blocks), 1)).astype(np.float16).view(np.uint8)
    if kind == 29:
        halves = random.normal(size=len(blocks)).astype(np.float16).view(np.uint16)
        for i in range(4): blocks[:, 49 + 2 * i] = (blocks[:, 49 + 2 * i] & 15) | (halves >> 4 * i & 15).astype(np.uint8) << 4
    if kind == 39: blocks[:, 0] = [0, 1, 2, 3, 10, 64, 100, 126, 127, 128, 129, 200, 252, 253, 254, 255]
    if kind == 40: blocks[:, :4] = np.array([0, 1, 7, 8, 9, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff, *random.integers(0, 256, 21)]).reshape(8, 4)
    return blocks.reshape(-1)


files = {name: gguf.GGUFWriter(here / f"{name}.gguf", "llama") for name in ["random", "written"]}
expected, importance = {}, np.abs(random.normal(size=512)).astype(np.float32) + 0.1
weights = (random.standard_t(5, size=512) * 0.05).astype(np.float32)
weights[:3] = [0, -0.4, 0.4]
for kind, (elements, size) in SIZES.items():
    if NAMES[kind] in ("Q8_1", "Q8_K"): continue  # never in a file
    if kind in PLAIN:
        values = (random.normal(size=512) * 1000).astype(np.int64)
        raw = {"random": (values % 100 if kind == 24 else values + 0.125 if kind == 28 else values).astype(PLAIN[kind]).view(np.uint8)}
    else:
        raw = {"random": random.normal(size=512).astype(np.float32 if kind == 0 else np.float16).view(np.uint8) if kind < 2 else
               (random.normal(size=512).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8) if kind == 30 else random_blocks(kind)}
        written = np.zeros(512 // elements * size, np.uint8)
        ggml.ggml_quantize_init(kind)
        assert ggml.ggml_quantize_chunk(kind, weights.ctypes.data, written.ctypes.data, 0, 1, 512, importance.ctypes.data) == written.size
        raw["written"] = written
    for name, data in raw.items():
        made = numbers(kind, data)
        assert not np.isnan(made).any(), NAMES[kind]
        # GGUFWriter knows no Q2_0, so the description is put in by hand.
        info = gguf.gguf_writer.TensorInfo(shape=(512,), dtype=kind, nbytes=data.size, tensor=data)
        files[name].tensors[-1][NAMES[kind]] = info
        expected[f"{name} {NAMES[kind]}"] = torch.from_numpy(made.copy())
        if name == "written": print(NAMES[kind], "off by", np.abs(made - weights).mean() / np.abs(weights).mean())
for writer in files.values():
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
save_file(expected, here / "expected.safetensors")
for file in here.rglob("*"): file.chmod(0o644)
print(sum(f.stat().st_size for f in here.rglob("*") if f.is_file()), "bytes in", here.name)
