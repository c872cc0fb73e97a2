"""Writes losses.json: contrastive losses and their gradients by PyTorch, from the textbook formulas.

The conditional losses are PyTorch's symmetric cross-entropy of the score matrix (CLIP's loss), weighted by side;
the joint ones are written with logsumexp. Scores are computed directly, squared distances by differences.

    python3 make_losses.py
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
N, D = 6, 3
u = torch.randn(N, D, dtype=torch.float64)
v = torch.randn(N, D, dtype=torch.float64)
TAU = 0.4

SCORES = {
    "cosine": lambda u, v, tau: F.normalize(u, dim=1) @ F.normalize(v, dim=1).T / tau,
    "inner-product": lambda u, v, tau: u @ v.T / tau,
    "squared-distance": lambda u, v, tau: -(u[:, None] - v[None]).square().sum(2) / (2 * tau),
}


def cross_entropy(s, side_u, side_v):
    """side_u, side_v: how much of the mean of the two cross-entropies each side is; (1, 1) is CLIP's loss."""
    partners = torch.arange(N)
    rows, columns = F.cross_entropy(s, partners), F.cross_entropy(s.T, partners)
    return (side_u * columns + side_v * rows) / 2


def joint(s, used):
    return s[used].logsumexp(0) - math.log(used.sum()) - s.diagonal().mean()


LOSSES = {
    "two-sided": lambda s: cross_entropy(s, 1, 1),
    "u-given-v": lambda s: cross_entropy(s, 2, 0),
    "v-given-u": lambda s: cross_entropy(s, 0, 2),
    "weighted": lambda s: cross_entropy(s, 0.3, 1.2),
    "joint off-diagonal": lambda s: joint(s, ~torch.eye(N, dtype=torch.bool)),
    "joint all-pairs": lambda s: joint(s, torch.ones(N, N, dtype=torch.bool)),
}

cases = []
for tilting, score in SCORES.items():
    for loss, formula in LOSSES.items():
        leaves = [x.clone().requires_grad_() for x in (u, v, torch.tensor(TAU, dtype=torch.float64))]
        value = formula(score(*leaves))
        value.backward()
        cases.append(
            {
                "tilting": tilting,
                "loss": loss,
                "value": value.item(),
                "gradientU": leaves[0].grad.flatten().tolist(),
                "gradientV": leaves[1].grad.flatten().tolist(),
                "gradientTemperature": leaves[2].grad.item(),
            }
        )

fixture = {
    "torch": torch.__version__,
    "count": N,
    "dimension": D,
    "temperature": TAU,
    "u": u.flatten().tolist(),
    "v": v.flatten().tolist(),
    "cases": cases,
}
path = pathlib.Path(__file__).with_name("losses.json")
path.write_text(json.dumps(fixture, indent=1) + "\n")
