#!/usr/bin/env python3
"""Writes tests/loss/data/distill.json: TRL's own GKDTrainer.generalized_jsd_loss, token by token, for a small student
and teacher, each hidden states and a head, with the gradients of the student's. Versions are in the file."""
import json, os, pathlib
os.environ["HF_HUB_OFFLINE"] = "1"
import torch, transformers, trl
from trl.experimental.gkd import GKDTrainer

out = pathlib.Path(__file__).parent.parent / "loss" / "data" / "distill.json"
rows, width, teacher_width, vocabulary = 5, 4, 6, 17
generator = torch.Generator().manual_seed(11)
made = {"student_hidden": torch.randn(rows, width, generator=generator),
        "student_head": torch.randn(vocabulary, width, generator=generator),
        "teacher_hidden": torch.randn(rows, teacher_width, generator=generator),
        "teacher_head": torch.randn(vocabulary, teacher_width, generator=generator),
        "upstream": torch.randn(rows, generator=generator)}  # the gradient that comes to each token

cases = []
for beta in (0, 0.1, 0.5, 1):
    for temperature in (1.0, 2.0):
        hidden = made["student_hidden"].double().requires_grad_()
        head = made["student_head"].double().requires_grad_()
        teacher = made["teacher_hidden"].double() @ made["teacher_head"].double().T
        values = GKDTrainer.generalized_jsd_loss(
            (hidden @ head.T)[None], teacher[None], beta=beta, temperature=temperature, reduction="none")[0].sum(-1)
        (values * made["upstream"].double()).sum().backward()
        cases.append({"beta": beta, "temperature": temperature, "values": values.tolist(),
                      "hidden_gradient": hidden.grad.tolist(), "head_gradient": head.grad.tolist()})
        print(beta, temperature, values.tolist())

result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__},
          **{name: tensor.tolist() for name, tensor in made.items()}, "cases": cases}
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(result))
print(out, result["versions"], out.stat().st_size, "bytes")
