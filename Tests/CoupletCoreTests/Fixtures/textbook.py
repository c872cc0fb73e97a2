"""What the fixtures of losses share: the scores, written directly, and a case as PyTorch's autograd has it."""

import torch
import torch.nn.functional as F

SCORES = {
    "cosine": lambda u, v, tau: F.normalize(u, dim=1) @ F.normalize(v, dim=1).T / tau,
    "inner-product": lambda u, v, tau: u @ v.T / tau,
    "squared-distance": lambda u, v, tau: -(u[:, None] - v[None]).square().sum(2) / (2 * tau),
}


def case(names, formula, u, v, tau):
    """The value of `formula` at (u, v, tau), and its derivatives."""
    leaves = [x.clone().requires_grad_() for x in (u, v, torch.tensor(tau, dtype=torch.float64))]
    value = formula(*leaves)
    value.backward()
    return {
        **names,
        "value": value.item(),
        "gradientU": leaves[0].grad.flatten().tolist(),
        "gradientV": leaves[1].grad.flatten().tolist(),
        "gradientTemperature": leaves[2].grad.item(),
    }
