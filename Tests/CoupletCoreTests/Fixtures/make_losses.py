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

from textbook import SCORES, case

torch.manual_seed(0)
N, D = 6, 3
u = torch.randn(N, D, dtype=torch.float64)
v = torch.randn(N, D, dtype=torch.float64)
TAU = 0.4


def cross_entropy(s, side_u, side_v):
    """side_u, side_v: how much of the mean of the two cross-entropies each side is; (1, 1) is CLIP's loss."""
    partners = torch.arange(N)
    rows, columns = F.cross_entropy(s, partners), F.cross_entropy(s.T, partners)
    return (side_u * columns + side_v * rows) / 2


def joint(s, used):
    return s[used].logsumexp(0) - math.log(used.sum()) - s.diagonal().mean()


def sigmoid(s):
    """SigLIP's loss with b = −log(N − 1)."""
    signs = 2 * torch.eye(N, dtype=torch.float64) - 1
    return -F.logsigmoid(signs * (s - math.log(N - 1))).sum() / N


def anchored(s, side_u, side_v, gamma):
    """Row by row, with the class "none of these" of weight K beside the candidates' gamma exp s."""

    def side(s):
        total = 0
        for i in range(N):
            others = torch.cat([s[i, :i], s[i, i + 1 :]])
            one = torch.log_softmax(torch.cat([s[i] + math.log(gamma), torch.tensor([math.log(N)], dtype=torch.float64)]), 0)[i]
            none = torch.log_softmax(
                torch.cat([others + math.log(gamma), torch.tensor([math.log(N - 1)], dtype=torch.float64)]), 0)[-1]
            total = total - (gamma * one + none) / (1 + gamma) / N
        return total

    return (side_u * side(s.T) + side_v * side(s)) / 2


LOSSES = {
    "two-sided": lambda s: cross_entropy(s, 1, 1),
    "u-given-v": lambda s: cross_entropy(s, 2, 0),
    "v-given-u": lambda s: cross_entropy(s, 0, 2),
    "weighted": lambda s: cross_entropy(s, 0.3, 1.2),
    "joint off-diagonal": lambda s: joint(s, ~torch.eye(N, dtype=torch.bool)),
    "joint all-pairs": lambda s: joint(s, torch.ones(N, N, dtype=torch.bool)),
    "sigmoid": sigmoid,
    "anchored": lambda s: anchored(s, 1, 1, 1),
    "anchored weighted": lambda s: anchored(s, 0.3, 1.2, 2.5),
}

cases = [
    case({"tilting": tilting, "loss": loss}, lambda *x: formula(score(*x)), u, v, TAU)
    for tilting, score in SCORES.items()
    for loss, formula in LOSSES.items()
]

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
