"""Writes torchscript.pt, a traced network, and torchscript.safetensors: images, the network's values and gradients.

    python3 torchscript.py     (needs torch and safetensors)

A convolution, batch normalisation by statistics of its own, dropout, which does nothing here, and a linear map, for images of
1 x 4 x 5. The gradients are those of the sum of value * cotangent with respect to the images and the first weight.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.GELU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(60, 6)
)
network[1].running_mean.normal_()
network[1].running_var.uniform_(0.5, 2)
network.eval()
images, cotangent = torch.randn(5, 1, 4, 5, requires_grad=True), torch.randn(5, 6)
values = network(images)
(values * cotangent).sum().backward()

folder = Path(__file__).parent
torch.jit.trace(network, images.detach(), check_trace=False).save(str(folder / "torchscript.pt"))
save_file(
    {
        "images": images.detach(), "cotangent": cotangent, "values": values.detach(),
        "gradient.images": images.grad, "gradient.weight": network[0].weight.grad,
    },
    str(folder / "torchscript.safetensors"),
)
