"""A training step of the trajectory transformer: Couplet against PyTorch, in turn, in one run.

    python3 bench/transformer.py [pairs of runs]

128 paths of 100 points, width 64, 4 blocks of 4 heads, the last token projected to 98 numbers; cosine tilting, two-sided
loss, fused Adam. Both start from the same weights and take the same steps on the same batch, so their losses must
agree. PyTorch attends by F.scaled_dot_product_attention. Two threads each. Prints the median of the ratios of
successive steps.
"""

import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch
from torch import nn
from torch.nn import functional as F

root = pathlib.Path(__file__).resolve().parent.parent
batch, points, width, depth, heads, d, temperature = 128, 100, 64, 4, 4, 98, 0.07


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attention = nn.ModuleDict(
            {"projection": nn.Linear(width, 3 * width), "output": nn.Linear(width, width)})
        self.perceptron = nn.ModuleList([nn.Linear(width, 4 * width), nn.Linear(4 * width, width)])

    def forward(self, x):
        n, length, _ = x.shape
        joint = self.attention["projection"](self.norms[0](x))
        q, k, v = joint.view(n, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, length, width)
        x = x + self.attention["output"](mixed)
        return x + self.perceptron[1](F.gelu(self.perceptron[0](self.norms[1](x))))


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = nn.ModuleDict({"joined": nn.Linear(2, width)})
        self.positions = nn.Parameter(torch.randn(points, width))
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, d)

    def forward(self, paths):
        x = self.lift["joined"](paths) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.projection(self.norm(x)[:, -1])


def name_in_couplet(name):
    parts = name.split(".")
    if "norm" in name:
        parts[-1] = {"weight": "scale", "bias": "shift"}[parts[-1]]
    return ".".join(parts)


def save(tensors, path):
    header, data = {}, b""
    for name, tensor in tensors.items():
        part = tensor.detach().numpy().tobytes()
        offsets = [len(data), len(data) + len(part)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        data += part
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    build = ["swift", "build", "-c", "release", "--product", "Benchmark"]
    subprocess.run(build, cwd=root, check=True, stdout=subprocess.DEVNULL)
    binary = root / ".build/release/Benchmark"
    torch.manual_seed(0)
    torch.set_num_threads(2)
    model = Transformer()
    paths = 0.75 + 0.01 * torch.randn(batch, points, 2).cumsum(1)
    coefficients = torch.randn(batch, d)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    targets = torch.arange(batch)

    def pytorch():
        start = time.perf_counter()
        optimizer.zero_grad()
        u, v = F.normalize(coefficients, dim=1), F.normalize(model(paths), dim=1)
        scores = u @ v.T / temperature
        loss = 0.5 * (F.cross_entropy(scores, targets) + F.cross_entropy(scores.T, targets))
        loss.backward()
        optimizer.step()
        value = loss.item()
        return time.perf_counter() - start, value

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "start.safetensors"
        weights = {name_in_couplet(name): value for name, value in model.named_parameters()}
        save(weights | {"paths": paths, "coefficients": coefficients}, path)
        swift = subprocess.Popen(
            [binary, "transformer", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def couplet():
            swift.stdin.write("\n")
            swift.stdin.flush()
            seconds, loss = map(float, swift.stdout.readline().split())
            return seconds, loss

        rows = []
        for index in range(pairs + 3):
            first, second = (couplet, pytorch) if index % 2 == 0 else (pytorch, couplet)
            results = {first: first(), second: second()}
            ours, theirs = results[couplet], results[pytorch]
            # PyTorch's loss is log N above Couplet's, which is relative to the batch.
            difference = abs(theirs[1] - torch.tensor(float(batch)).log().item() - ours[1])
            assert difference < 1e-3, f"losses differ by {difference}"
            if index > 2:  # the first rounds warm up
                rows.append([ours[0], theirs[0]])
        swift.stdin.close()
        swift.wait()
    print(f"batch {batch}, {points} points, width {width}, {depth} blocks; medians of {pairs} pairs of steps")
    print(f"  Couplet            {1e3 * statistics.median(r[0] for r in rows):.1f} ms")
    print(f"  PyTorch            {1e3 * statistics.median(r[1] for r in rows):.1f} ms")
    print(f"  Couplet / PyTorch  {statistics.median(r[0] / r[1] for r in rows):.3f}")


if __name__ == "__main__":
    main()
