"""Writes pair_scores.json: the scores of a pair network, and the two-sided contrastive loss of all pairs with its
gradients, by PyTorch's own layers on the joined vectors.

    python3 make_pair_scores.py
"""

import json
import math
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
N, DU, DV, WIDTH, BLOCKS = 5, 2, 3, 6, 2


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, h):
        return h + self.second(F.gelu(self.first(self.norm(h))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = nn.Linear(DU + DV, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm, self.output = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1, bias=False)

    def forward(self, u, v):
        joined = torch.cat([u[:, None].expand(-1, len(v), -1), v[None].expand(len(u), -1, -1)], 2)
        h = self.input(joined)
        for block in self.blocks:
            h = block(h)
        return self.output(self.norm(h))[:, :, 0]


network = Network()
for parameter in network.parameters():
    nn.init.normal_(parameter, std=0.5)
u, v = torch.randn(N, DU, requires_grad=True), torch.randn(N, DV, requires_grad=True)
scores = network(u, v)
partners = torch.arange(N)
loss = (F.cross_entropy(scores, partners) + F.cross_entropy(scores.T, partners)) / 2 - math.log(N)
loss.backward()

# LayerNorm's weight and bias are called scale and shift there.
names = {"norm.weight": "norm.scale", "norm.bias": "norm.shift"}
result = {
    "width": WIDTH, "blocks": BLOCKS, "u": u.tolist(), "v": v.tolist(), "scores": scores.tolist(), "loss": loss.item(),
    "gradientU": u.grad.tolist(), "gradientV": v.grad.tolist(),
    "parameters": [
        {"name": next((n[: -len(a)] + b for a, b in names.items() if n.endswith(a)), n), "shape": list(p.shape),
         "value": p.flatten().tolist(), "gradient": p.grad.flatten().tolist()}
        for n, p in network.named_parameters()
    ],
}  # fmt: skip
pathlib.Path(__file__).with_name("pair_scores.json").write_text(json.dumps(result) + "\n")
