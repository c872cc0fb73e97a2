"""Writes mmd_losses.json: maximum mean discrepancy losses and their gradients by PyTorch, from the textbook formulas.

The joint loss is written as the sums over pairs of pairs that it is, with the N² × N² matrix of the product
kernel. Distances are taken from differences; two points of x coincide.

    python3 make_mmd_losses.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

from textbook import SCORES, case

torch.manual_seed(1)
N, D = 6, 3
draw = lambda *shape: torch.randn(*shape, dtype=torch.float64)
u, v, x, y = draw(N, D), draw(N, D), draw(N, 2), draw(N, 4)
x[3] = x[0]
labels = torch.tensor([0, 2, 1, 0, 2, 2])
TAU = 0.7


def distances(z):
    return (z[:, None] - z[None]).square().sum(2).sqrt()


def median(z):
    d = distances(z)[~torch.eye(N, dtype=torch.bool)].sort().values
    return d[(len(d) - 1) // 2]


KERNELS = {
    "gaussian 0.8": lambda z: torch.exp(-distances(z).square() / (2 * 0.8**2)),
    "gaussian median": lambda z: torch.exp(-distances(z).square() / (2 * median(z) ** 2)),
    "laplace 1.1": lambda z: torch.exp(-distances(z) / 1.1),
    "laplace median": lambda z: torch.exp(-distances(z) / median(z)),
    "polynomial": lambda z: (z @ z.T + 1) ** 2,
    "energy": lambda z: -distances(z),
}


def induced(name, z):
    """The kernel that −|z − z'| induces about the mean; any other kernel as it is."""
    k = KERNELS[name](z)
    if name != "energy":
        return k
    r = (z - z.mean(0)).norm(dim=1)
    return r[:, None] + r[None] + k


def one_sided(k, s):
    """Candidates in the rows."""
    w = s.softmax(0)
    return torch.einsum("ij,ik,kj->j", w, k, w).mean() - 2 * torch.einsum("ji,ij->j", k, w).mean()


def joint(ku, kv, s):
    p = s.flatten().softmax(0)
    pairs = torch.einsum("ik,jl->ijkl", ku, kv).reshape(N * N, N * N)
    partners = torch.arange(N) * (N + 1)
    return p @ pairs @ p - 2 * (pairs[partners] @ p).mean()


LOSSES = {
    "u-given-v": lambda ku, kv, s: one_sided(ku, s),
    "v-given-u": lambda ku, kv, s: one_sided(kv, s.T),
    "weighted": lambda ku, kv, s: (0.3 * one_sided(ku, s) + 1.2 * one_sided(kv, s.T)) / 2,
}

cases = []
for tilting, score in SCORES.items():
    for kernel_u, kernel_v, of_labels in [
        ("gaussian 0.8", "laplace median", False),
        ("gaussian median", "energy", False),
        ("energy", "polynomial", False),
        ("laplace 1.1", "gaussian median", True),
        ("energy", "energy", True),
        ("polynomial", "polynomial", True),
    ]:
        other = F.one_hot(labels).double() if of_labels else y
        ku, kv = KERNELS[kernel_u](x), KERNELS[kernel_v](other)
        pu, pv = induced(kernel_u, x), induced(kernel_v, other)
        for loss, formula in [*LOSSES.items(), ("joint", lambda _, __, s: joint(pu, pv, s))]:
            names = {
                "tilting": tilting,
                "loss": loss,
                "kernelU": kernel_u,
                "kernelV": kernel_v,
                "ofLabels": of_labels,
            }
            cases.append(case(names, lambda *z: formula(ku, kv, score(*z)), u, v, TAU))

fixture = {
    "torch": torch.__version__,
    "count": N,
    "dimension": D,
    "temperature": TAU,
    "u": u.flatten().tolist(),
    "v": v.flatten().tolist(),
    "x": x.flatten().tolist(),
    "y": y.flatten().tolist(),
    "labels": labels.tolist(),
    "cases": cases,
}
path = pathlib.Path(__file__).with_name("mmd_losses.json")
path.write_text(json.dumps(fixture) + "\n")
