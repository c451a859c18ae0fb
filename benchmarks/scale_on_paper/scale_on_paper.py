"""What a GRPO step needs in memory and time, computed from rates and link speeds: nothing here is measured. The model:

memory of a rank   18 bytes a parameter (float32 weights 4, gradients 4, AdamW 8, bfloat16 copy 2); `zero1` divides the 8
                   by the ranks, `shared` the 16 (this library's shard_weights: the copy that decodes stays whole) and
                   has one layer's gradients besides, `zero3` all 18, plus two layers gathered (not in this library); activations with checkpointing: the residual
                   stream of each layer and one layer's inside, for a microbatch; keys and values of its sequences
rollout            a decode step reads the active weights once for the rank's sequences, and their keys and values, at a
                   share of the bandwidth, or multiplies at the matrix rate, whichever takes longer; under `zero3` a copy
                   is gathered once a rollout; `/t` is that copy cut over t GPUs, which then join twice a layer and token
training           8 operations a parameter and token (forward, backward, forward again) and attention's own, at a share
                   of the matrix rate
reductions         a ring: each rank sends and receives 2 (R - 1) / R times the gradient (4 bytes a parameter); `shared`
                   scatters gradients once a microbatch and gathers weights (4 bytes) once an update; `zero3` gathers weights (2 bytes) twice a microbatch and scatters gradients once
Of a mixture of experts only the parameters that every token passes are gathered; sending tokens to experts is not
counted. Slowest link: NVLink within 8 GPUs, the network beyond."""

import argparse
import dataclasses
import math


@dataclasses.dataclass
class model:
    name: str
    layers: int
    width: int
    parameters: float
    active: float
    kv_bytes: int  # of one token in all layers, bfloat16

    @property
    def layer(self):
        return self.active / self.layers  # what is gathered of a layer: experts stay on their ranks


def dense(name, layers, width, parameters, kv_heads, head):
    return model(name, layers, width, parameters, parameters, layers * 2 * kv_heads * head * 2)


MODELS = [
    dense("Qwen2.5-0.5B", 24, 896, 0.494e9, 2, 64),
    dense("Qwen2.5-1.5B", 28, 1536, 1.54e9, 2, 128),
    dense("Qwen2.5-7B", 28, 3584, 7.62e9, 4, 128),
    dense("Qwen2.5-32B", 64, 5120, 32.8e9, 8, 128),
    dense("Llama-3-70B", 80, 8192, 70.6e9, 8, 128),
    model("DeepSeek-V3", 61, 7168, 671e9, 37e9, 61 * 576 * 2),  # MLA keeps 512 + 64 numbers a layer
]


@dataclasses.dataclass
class machine:
    memory: float
    bandwidth: float
    rate: float
    inside: float
    across: float
    bandwidth_share: float
    rate_share: float


def link(m, ranks):
    return m.inside if ranks <= 8 else m.across


def ring(m, ranks, size):
    """Seconds of an all-reduce of `size` bytes; half of it gathers or scatters."""
    return 2 * (ranks - 1) / ranks * size / link(m, ranks) if ranks > 1 else 0.0


def memory(o, which, ranks, layout, split):
    n = which.parameters
    states = {"plain": 18 * n, "zero1": 10 * n + 8 * n / ranks, "shared": 2 * n + 16 * n / ranks + 4 * which.layer,
              "zero3": 18 * n / ranks + 2 * 2 * which.layer}[layout]
    activations = o.microbatch * (which.layers * which.width * 4 + 34 * which.width * 4)
    caches = math.ceil(o.sequences / ranks / o.waves) * (o.prompt + o.tokens) * which.kv_bytes
    # Sampling and training take turns, so the larger counts; a gathered copy for decoding is needed beside the shards.
    copy = 2 * n / split if layout == "zero3" else 0
    return states + max(activations, caches + copy)


def seconds(o, m, which, ranks, layout, split):
    own = math.ceil(o.sequences / ranks / o.waves) * split  # sequences of the GPUs that hold one copy together
    context = o.prompt + o.tokens / 2
    bytes_step = 2 * min(which.parameters, which.active * own) + own * context * which.kv_bytes
    step = max(bytes_step / (m.bandwidth * m.bandwidth_share), 2 * which.active * own / (m.rate * m.rate_share)) / split
    if split > 1:
        step += 2 * which.layers * (o.latency + ring(m, split, own * which.width * 2))
    prefill = o.prompt * o.sequences / o.group * 2 * which.active / ranks / (m.rate * m.rate_share)
    rollout = o.waves * o.tokens * step + prefill
    tokens = o.sequences * o.tokens + o.sequences / o.group * o.prompt
    attention = 4 * 2 * which.layers * which.width * context  # as 8 N: forward, backward, forward again
    train = tokens * (8 * which.active + attention) / ranks / (m.rate * m.rate_share)
    passes = max(o.updates, math.ceil(tokens / ranks / o.microbatch))
    if layout == "shared":
        join = (passes + o.updates) * ring(m, ranks, 4 * which.parameters) / 2
    elif layout == "zero3":
        half = ring(m, ranks, 2 * which.active) / 2
        join = passes * (2 * half + 2 * half) + half / split
    else:
        join = o.updates * ring(m, ranks, 4 * which.parameters)
        if layout == "zero1":
            join += o.updates * ring(m, ranks, 4 * which.parameters) / 2  # the new weights
    return rollout, train, join


def choose(o, m, which, ranks):
    """The simplest layout that fits, or None."""
    ways = [("plain", 1), ("zero1", 1), ("shared", 1)] + [("zero3", 2**k) for k in range(8) if 2**k <= ranks]
    for layout, split in ways:
        need = memory(o, which, ranks, layout, split)
        if need <= m.memory * 0.92:
            return layout, split, need
    return None


def options():
    o = argparse.ArgumentParser(prog="benchmarks/run scale_on_paper", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    o.add_argument("--sequences", type=int, default=512, help="completions a step")
    o.add_argument("--group", type=int, default=16)
    o.add_argument("--prompt", type=int, default=256, help="tokens")
    o.add_argument("--tokens", type=int, default=4096, help="of a completion, mean")
    o.add_argument("--microbatch", type=int, default=16384, help="tokens of a pass")
    o.add_argument("--waves", type=int, default=1, help="into how many rollouts a step's sequences are cut")
    o.add_argument("--updates", type=int, default=1, help="optimizer steps a rollout")
    o.add_argument("--latency", type=float, default=15e-6, help="seconds of a small joint call inside a decode step")
    o.add_argument("--models", default="", help="those whose name contains this")
    o.add_argument("--gpus", default="1,2,4,8,16,32,64,128,256,512,1024,2048")
    o.add_argument("--memory", type=float, default=80e9, help="bytes of a GPU")
    o.add_argument("--bandwidth", type=float, default=3.35e12, help="bytes/s of its memory; an H100's data sheet")
    o.add_argument("--rate", type=float, default=989e12, help="bfloat16 operations/s; an H100's data sheet")
    o.add_argument("--inside", type=float, default=450e9, help="bytes/s between GPUs of a machine, one way")
    o.add_argument("--across", type=float, default=50e9, help="bytes/s of a GPU's network card")
    o.add_argument("--bandwidth-share", type=float, default=0.7, help="reached by decoding: this library's goal")
    o.add_argument("--rate-share", type=float, default=0.45, help="reached by training: this library's goal")
    return o.parse_args()


def main():
    o = options()
    m = machine(o.memory, o.bandwidth, o.rate, o.inside, o.across, o.bandwidth_share, o.rate_share)
    print(f"{o.sequences} completions of {o.tokens} tokens a step, groups of {o.group}\n")
    print("| model | GPUs | layout | GB a GPU | rollout, s | training, s | reductions, s | step, s | of it reductions |")
    print("|---|---|---|---|---|---|---|---|---|")
    for which in (one for one in MODELS if o.models in one.name):
        said = False
        for ranks in (int(r) for r in o.gpus.split(",")):
            chosen = choose(o, m, which, ranks)
            if chosen is None:
                continue
            said = True
            layout, split, need = chosen
            rollout, train, join = seconds(o, m, which, ranks, layout, split)
            layout += f" / {split}" if split > 1 else ""
            whole = rollout + train + join
            print(f"| {which.name} | {ranks} | {layout} | {need / 1e9:.0f} | {rollout:.1f} | {train:.1f} | {join:.2f} | "
                  f"{whole:.1f} | {join / whole:.0%} |")
        if not said:
            print(f"| {which.name} | | does not fit | | | | | | |")


main()
