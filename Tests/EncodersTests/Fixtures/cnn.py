"""Writes cnn.safetensors: convolutional networks of PyTorch's own layers, images, outputs and gradients.

    python3 cnn.py     (needs torch, numpy and safetensors)

`large`: images of 2 × 40 × 80, which are made smaller to 32 × 64, pooled thrice to 4 × 8 and averaged to 4 × 4.
`small`: images of 1 × 5 × 7, which pass one convolution without pooling and are averaged to 4 × 4.
Weights and images are float32; outputs and gradients are computed from them in float64.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn


def resized(x, sides):
    return F.interpolate(x, size=sides, mode="bilinear", align_corners=False, antialias=True)


def case(name, image, blocks, pools, seen, grid, seed):
    torch.manual_seed(seed)
    channels = [image[0]] + [4 * 2**b for b in range(blocks)]
    convolutions = [nn.Conv2d(a, b, 3, padding=1) for a, b in zip(channels, channels[1:])]
    layers = [nn.Linear(channels[-1] * grid[0] * grid[1], 128), nn.Linear(128, 3)]
    named = {f"convolutions.{i}": c for i, c in enumerate(convolutions)}
    named |= {f"head.layers.{i}": c for i, c in enumerate(layers)}
    out = {
        f"{name}.weights.{key}.{kind}": getattr(layer, kind).detach().clone()
        for key, layer in named.items()
        for kind in ("weight", "bias")
    }
    images, cotangent = torch.rand(3, *image), torch.randn(3, 3)
    for layer in named.values():
        layer.double()
    x = (resized(images.double(), seen) - 0.5) * 4
    for convolution in convolutions:
        x = F.relu(convolution(x))
        x = F.max_pool2d(x, 2) if pools else x
    outputs = layers[1](F.gelu(layers[0](resized(x, grid).flatten(1))))
    (outputs * cotangent.double()).sum().backward()
    return out | {
        f"{name}.images": images,
        f"{name}.cotangent": cotangent,
        f"{name}.outputs": outputs.detach(),
        f"{name}.gradient": convolutions[0].weight.grad,
    }


save_file(
    case("large", [2, 40, 80], 3, True, [32, 64], [4, 4], 0)
    | case("small", [1, 5, 7], 1, False, [5, 7], [4, 4], 1),
    Path(__file__).with_name("cnn.safetensors"),
)
