"""Writes torch.safetensors: what PyTorch computes for the layers and optimisers under test.

    PYTHONPATH=.deps python3 Tests/TorchTests/Fixtures/make_fixtures.py

Everything is float64 (indices int64), so that the tests can ask for agreement to rounding.
Names are CASE.input, CASE.weights.NAME, CASE.output, CASE.seed (the gradient at the output),
CASE.gradients.input, CASE.gradients.NAME; and optimizer.CASE.STEP.PARAMETER.
"""

import json
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(20)
fixtures = {}


def layer(case, function, inputs, weights):
    """Records output and gradients of function(input, **weights)."""
    differentiable = inputs.is_floating_point()
    inputs = inputs.clone().requires_grad_(differentiable)
    weights = {name: value.detach().clone().requires_grad_() for name, value in weights.items()}
    output = function(inputs, weights)
    seed = torch.randn_like(output)
    output.backward(seed)
    fixtures[f"{case}.input"] = inputs
    fixtures[f"{case}.output"] = output
    fixtures[f"{case}.seed"] = seed
    if differentiable:
        fixtures[f"{case}.gradients.input"] = inputs.grad
    for name, value in weights.items():
        fixtures[f"{case}.weights.{name}"] = value
        fixtures[f"{case}.gradients.{name}"] = value.grad


def attention(causal):
    """torch.nn.MultiheadAttention with its weights under this library's names."""
    module = nn.MultiheadAttention(8, 2, batch_first=True)
    names = {
        "projection.weight": "in_proj_weight", "projection.bias": "in_proj_bias",
        "output.weight": "out_proj.weight", "output.bias": "out_proj.bias"}
    weights = {ours: torch.randn_like(module.get_parameter(theirs)) / 2 for ours, theirs in names.items()}
    mask = nn.Transformer.generate_square_subsequent_mask(5) if causal else None

    def function(x, w):
        renamed = {names[ours]: value for ours, value in w.items()}
        call = lambda *a, **k: torch.func.functional_call(module, renamed, a, k)
        return call(x, x, x, attn_mask=mask, need_weights=False)[0]

    layer("attention-causal" if causal else "attention", function, torch.randn(3, 5, 8), weights)


layer("linear", lambda x, w: F.linear(x, w["weight"], w["bias"]), torch.randn(4, 3),
      {"weight": torch.randn(2, 3), "bias": torch.randn(2)})
layer("conv2d", lambda x, w: F.conv2d(x, w["weight"], w["bias"], stride=2, padding=1),
      torch.randn(2, 3, 7, 6), {"weight": torch.randn(4, 3, 3, 3), "bias": torch.randn(4)})
layer("layer-norm", lambda x, w: F.layer_norm(x, (6,), w["scale"], w["shift"]), torch.randn(3, 2, 6),
      {"scale": torch.randn(6), "shift": torch.randn(6)})
layer("embedding", lambda x, w: F.embedding(x, w["table"]), torch.tensor([[0, 3], [3, 4]]),
      {"table": torch.randn(5, 3)})
layer("max-pool", lambda x, w: F.max_pool2d(x, 2), torch.randn(2, 3, 6, 5), {})
layer("max-pool-overlapping", lambda x, w: F.max_pool2d(x, 3, stride=2), torch.randn(2, 3, 7, 7), {})
layer("average-pool", lambda x, w: F.avg_pool2d(x, 2), torch.randn(2, 3, 6, 5), {})
layer("cross-entropy", lambda x, w: F.cross_entropy(x, torch.tensor([2, 0, 1, 2])), torch.randn(4, 3), {})
attention(causal=False)
attention(causal=True)


def loss(x, y):
    """A chained Rosenbrock function of x and a well in y."""
    chain = 5 * (x[1:] - x[:-1] ** 2).square().sum() + (1 - x).square().sum()
    return chain + (y @ y.T - torch.eye(2)).square().sum() + y.tanh().sum()


def trajectory(case, make):
    x = torch.tensor([-0.5, 0.8, 0.3], requires_grad=True)
    y = torch.tensor([[0.5, -0.2], [0.1, 0.7]], requires_grad=True)
    optimizer = make([x, y])

    def evaluate():
        optimizer.zero_grad()
        value = loss(x, y)
        value.backward()
        return value

    for step in range(10):
        optimizer.step(evaluate)
        fixtures[f"optimizer.{case}.{step}.x"] = x.detach().clone()
        fixtures[f"optimizer.{case}.{step}.y"] = y.detach().clone()


trajectory("adam", lambda p: torch.optim.Adam(p, lr=0.05))
trajectory("adam-decay", lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1))
trajectory("adamw", lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1))
trajectory("sgd", lambda p: torch.optim.SGD(p, lr=0.01))
trajectory("sgd-momentum", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1))
trajectory("sgd-nesterov", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True))
trajectory("lbfgs", lambda p: torch.optim.LBFGS(
    p, max_iter=4, max_eval=1000, history_size=3, line_search_fn="strong_wolfe"))


def write(path):
    """safetensors: header length, JSON header, data."""
    types = {torch.float64: "F64", torch.int64: "I64"}
    header, data = {}, b""
    for name, value in fixtures.items():
        raw = value.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": types[value.dtype], "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


write(pathlib.Path(__file__).with_name("torch.safetensors"))
