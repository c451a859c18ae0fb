#!/usr/bin/env python3
"""Writes tests/optim/data/optim.json: what torch.optim.AdamW, torch.nn.utils.clip_grad_norm_ and the schedules of
transformers compute. Versions are in the file."""
import json, pathlib, torch, transformers

out = pathlib.Path(__file__).parent.parent / "optim" / "data" / "optim.json"
generator = torch.Generator().manual_seed(11)


def adamw(weight_decay, betas, eps):
    matrix = torch.nn.Parameter(torch.randn(3, 7, generator=generator))
    bias = torch.nn.Parameter(torch.randn(5, generator=generator))
    optimizer = torch.optim.AdamW([{"params": [matrix], "weight_decay": weight_decay},
                                   {"params": [bias], "weight_decay": 0}], betas=betas, eps=eps)
    case = {"weight_decay": weight_decay, "beta1": betas[0], "beta2": betas[1], "epsilon": eps, "steps": [],
            "matrix": matrix.detach().flatten().tolist(), "bias": bias.detach().tolist()}
    for step in range(10):
        scale = 10.0 ** (step % 3 - 1)
        matrix.grad = scale * torch.randn(3, 7, generator=generator)
        bias.grad = scale * torch.randn(5, generator=generator)
        bias.grad[0] = 0  # a weight that never gets a gradient
        rate = 0.02 / (step + 1)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        case["steps"].append({"rate": rate, "matrix_gradient": matrix.grad.flatten().tolist(),
                              "bias_gradient": bias.grad.tolist(), "matrix": matrix.detach().flatten().tolist(),
                              "bias": bias.detach().tolist()})
    return case


def clip(scale, largest):
    gradients = [scale * torch.randn(3, 7, generator=generator), scale * torch.randn(5, generator=generator)]
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for p, g in zip(parameters, gradients):
        p.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, largest).item()
    return {"largest": largest, "norm": norm, "before": [g.flatten().tolist() for g in gradients],
            "after": [p.grad.flatten().tolist() for p in parameters]}


def schedule(shape, make, warmup, total, floor):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer, warmup, total)
    factors = []
    for _ in range(total + 1):
        factors.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"shape": shape, "warmup": warmup, "total": total, "floor": floor, "factors": factors}


schedules = []
for warmup, total in [(0, 12), (5, 20), (1, 3)]:
    schedules += [
        schedule("constant", lambda o, w, t: transformers.get_constant_schedule_with_warmup(o, w), warmup, total, 0),
        schedule("linear", transformers.get_linear_schedule_with_warmup, warmup, total, 0),
        schedule("cosine", transformers.get_cosine_schedule_with_warmup, warmup, total, 0),
        schedule("cosine", lambda o, w, t: transformers.get_cosine_with_min_lr_schedule_with_warmup(
            o, w, t, min_lr_rate=0.1), warmup, total, 0.1),
    ]
result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
          "adamw": [adamw(0.1, (0.9, 0.999), 1e-8), adamw(0, (0.8, 0.95), 1e-4)],
          "clip": [clip(3.0, 1.0), clip(0.01, 1.0), clip(1e-6, 1e-7)], "schedules": schedules}
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
