"""Writes transformer.safetensors: a transformer of PyTorch's own layers, paths, its outputs and gradients.

    python3 transformer.py     (needs torch, numpy and safetensors)

Every second point is seen, three in succession make a token, points are lifted by products; one causal block with
torch.nn.MultiheadAttention and a second one; pooling by attention. Weights and paths are float32; outputs and
gradients are computed from them in float64.
"""

import itertools
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
width, heads, hidden, every, patch, points, d, waves = 8, 2, 12, 2, 3, 24, 5, 1
tokens = points // every // patch
kappa = [(a, b) for a, b in itertools.product(range(0, waves + 1), range(-waves, waves + 1)) if a > 0 or b > 0]
channels = 2 + 2 + 2 * len(kappa)

gate = nn.Linear(channels, 2 * width)
joined = nn.Linear(patch * width, width)
positions = nn.Parameter(torch.randn(tokens, width))
norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(5))
attentions = nn.ModuleList(nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(2))
perceptrons = nn.ModuleList(
    nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)) for _ in range(2))
scores, projection = nn.Linear(width, heads), nn.Linear(width, d)
for attention in attentions:
    nn.init.normal_(attention.in_proj_bias)
    nn.init.normal_(attention.out_proj.bias)
for norm in norms:
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)

named = {
    "lift.gate.weight": gate.weight, "lift.gate.bias": gate.bias,
    "lift.joined.weight": joined.weight, "lift.joined.bias": joined.bias, "positions": positions,
    "norm.scale": norms[4].weight, "norm.shift": norms[4].bias,
    "scores.weight": scores.weight, "scores.bias": scores.bias,
    "projection.weight": projection.weight, "projection.bias": projection.bias,
}
for b in range(2):
    attention, perceptron = attentions[b], perceptrons[b]
    for n in range(2):
        named[f"blocks.{b}.norms.{n}.scale"] = norms[2 * b + n].weight
        named[f"blocks.{b}.norms.{n}.shift"] = norms[2 * b + n].bias
        named[f"blocks.{b}.perceptron.{n}.weight"] = perceptron[2 * n].weight
        named[f"blocks.{b}.perceptron.{n}.bias"] = perceptron[2 * n].bias
    named[f"blocks.{b}.attention.projection.weight"] = attention.in_proj_weight
    named[f"blocks.{b}.attention.projection.bias"] = attention.in_proj_bias
    named[f"blocks.{b}.attention.output.weight"] = attention.out_proj.weight
    named[f"blocks.{b}.attention.output.bias"] = attention.out_proj.bias

paths = torch.rand(3, points, 2) + 0.1 * torch.randn(3, points, 2).cumsum(1)
cotangent = torch.randn(3, d)
saved = {f"weights.{name}": value.detach().clone() for name, value in named.items()}
saved["weights.channels.wavenumbers"] = torch.tensor(kappa, dtype=torch.float32).T.contiguous()

for module in (gate, joined, norms, attentions, perceptrons, scores, projection):
    module.double()
positions.data = positions.data.double()


def forward(x):
    seen = x[:, every - 1 :: every]
    velocity = torch.diff(seen, dim=1, prepend=x[:, :1]) * seen.shape[1]
    phase = 2 * math.pi * torch.stack([seen[..., 0] * a + seen[..., 1] * b for a, b in kappa], dim=2)
    a, b = gate(torch.cat([seen, velocity, phase.cos(), phase.sin()], dim=2)).chunk(2, dim=2)
    z = joined((a * b).unflatten(1, (tokens, patch)).flatten(2)) + positions
    mask = torch.triu(torch.full((tokens, tokens), -math.inf, dtype=torch.float64), 1)
    for b in range(2):
        y = norms[2 * b](z)
        z = z + attentions[b](y, y, y, attn_mask=mask, need_weights=False)[0]
        z = z + perceptrons[b](norms[2 * b + 1](z))
    z = norms[4](z)
    weights = scores(z).softmax(1)
    pooled = [weights[:, :, h : h + 1].mul(z[:, :, h * 4 : h * 4 + 4]).sum(1) for h in range(heads)]
    return projection(torch.cat(pooled, dim=1))


outputs = forward(paths.double())
(outputs * cotangent.double()).sum().backward()
now = {
    "lift.gate.weight": gate.weight, "positions": positions,
    "blocks.0.attention.projection.weight": attentions[0].in_proj_weight,
    "blocks.1.perceptron.0.weight": perceptrons[1][0].weight, "blocks.1.norms.1.scale": norms[3].weight,
    "scores.weight": scores.weight,
}
save_file(
    saved
    | {"paths": paths, "cotangent": cotangent, "outputs": outputs.detach()}
    | {f"gradient.{name}": value.grad for name, value in now.items()},
    Path(__file__).with_name("transformer.safetensors"),
)
