"""Writes lenet.safetensors: a LeNet of PyTorch's own layers, images, its outputs and two gradients.

    python3 lenet.py     (needs torch, numpy and safetensors)

Images have two channels and sides that pooling rounds down; pixels are brought to MNIST's mean 0 and variance 1 first. Weights and images are float32; outputs and
gradients are computed from them in float64.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(
    nn.Conv2d(2, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(16 * 2 * 2, 480), nn.ReLU(), nn.Linear(480, 84), nn.ReLU(), nn.Linear(84, 3),
)
names = {
    0: "convolutions.0", 3: "convolutions.1",
    7: "head.layers.0", 9: "head.layers.1", 11: "head.layers.2",
}
weights = {
    f"weights.{name}.{kind}": getattr(model[index], kind).detach().clone()
    for index, name in names.items()
    for kind in ("weight", "bias")
}
images = torch.rand(4, 2, 16, 19)
cotangent = torch.randn(4, 3)

model.double()
outputs = model((images.double() - 0.1307) / 0.3081)
(outputs * cotangent.double()).sum().backward()
save_file(
    weights
    | {
        "images": images,
        "cotangent": cotangent,
        "outputs": outputs.detach(),
        "gradient.convolutions.0.weight": model[0].weight.grad,
        "gradient.convolutions.1.weight": model[3].weight.grad,
    },
    Path(__file__).with_name("lenet.safetensors"),
)
