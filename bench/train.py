"""Training LeNet against one-hot labels, batch 512, 2 threads: Couplet against PyTorch, in turn, in one run.

    python3 bench/train.py [--loss two-sided] [--epoch] [--rounds N]

Couplet's time is that of its trainer as it is (batches by index, loss read and checked at every step, Adam), the
peers' that of the plain loop that one writes in Python: both hold the same images in memory, start from the same
weights, take the same batches, and must report the same losses. Three peers:

    as usually written   ReLU, then pooling; Adam with its default settings
    tuned                pooling, then ReLU (the same values, fewer of them); Adam(fused=True)
    channels last        tuned, with images and weights in the channels-last format

A round is ten steps of each (--epoch: an epoch of 60,000 images of each). Prints medians and the median of the
rounds' ratios. The time of a step does not depend on what the images show: they are noise around ten patterns.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
import torch
import torch.nn.functional as F

root = pathlib.Path(__file__).resolve().parent.parent
BATCH = 512


class LeNet(torch.nn.Module):
    def __init__(self, weights, tuned):
        super().__init__()
        self.conv1, self.conv2 = torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = torch.nn.Linear(400, 480), torch.nn.Linear(480, 84), torch.nn.Linear(84, 10)
        self.tuned = tuned
        with torch.no_grad():
            for parameter, weight in zip(self.parameters(), weights, strict=True):
                parameter.copy_(torch.from_numpy(weight))

    def forward(self, x):
        x = (x - 0.1307) / 0.3081
        for conv in (self.conv1, self.conv2):
            x = F.relu(F.max_pool2d(conv(x), 2)) if self.tuned else F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class Peer:
    def __init__(self, name, images, labels, order, weights, loss, tuned=False, channels_last=False):
        self.name, self.images, self.labels, self.order, self.loss = name, images, labels, order, loss
        self.model, self.channels_last = LeNet(weights, tuned), channels_last
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, **({"fused": True} if tuned else {}))
        self.at = 0

    def step(self):
        if self.at >= len(self.order):
            self.order, self.at = torch.randperm(len(self.order)), 0
        rows = self.order[self.at : self.at + BATCH]
        self.at += BATCH
        x, y = self.images[rows].unsqueeze(1), self.labels[rows]
        if self.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        scores = self.model(x) @ F.one_hot(y, 10).float().T
        n = torch.tensor(float(len(rows)))
        loss = -scores.diagonal().mean()
        if self.loss == "two-sided":
            loss = loss + 0.5 * (scores.logsumexp(0).mean() + scores.logsumexp(1).mean()) - n.log()
        else:
            loss = loss + scores.logsumexp(1 if self.loss == "v-given-u" else 0).mean() - n.log()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def turn(self, steps):
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        value = loss.item()
        return time.perf_counter() - start, value


class Couplet:
    name = "Couplet"

    def __init__(self, folder, loss):
        build = ["swift", "build", "-c", "release", "--product", "Benchmark"]
        subprocess.run(build, cwd=root, check=True, stdout=subprocess.DEVNULL)
        command = [root / ".build/release/Benchmark", "train", folder, loss, "0"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "the Swift side did not start"

    def turn(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        seconds, loss = map(float, self.process.stdout.readline().split())
        return seconds, loss

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def write_data(folder):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 60_000)
    patterns = rng.integers(0, 128, (10, 28, 28), dtype=np.uint8)
    images = patterns[labels] + rng.integers(0, 128, (60_000, 28, 28), dtype=np.uint8)
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    return torch.from_numpy(images).float() / 255, torch.from_numpy(labels)


def contestants(folder, loss):
    images, labels = write_data(folder)
    couplet = Couplet(folder, loss)
    weights = [np.load(folder / f"weight.{i}.npy") for i in range(10)]
    order = torch.from_numpy(np.load(folder / "order.npy"))
    peer = lambda name, **how: Peer(name, images, labels, order, weights, loss, **how)
    return couplet, [
        peer("PyTorch, as usually written"),
        peer("PyTorch, tuned", tuned=True),
        peer("PyTorch, channels last", tuned=True, channels_last=True),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--loss", default="v-given-u", choices=["two-sided", "v-given-u", "u-given-v"])
    parser.add_argument("--epoch", action="store_true")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    torch.set_num_threads(2)
    steps = -(-60_000 // BATCH) if options.epoch else 10
    rounds = options.rounds or (3 if options.epoch else 20)
    with tempfile.TemporaryDirectory() as name:
        couplet, peers = contestants(pathlib.Path(name), options.loss)
        everyone = [couplet, *peers]
        # The first steps warm up, and show that all compute the same; rounding makes runs part later.
        ours, *theirs = [one.turn(10)[1] for one in everyone]
        assert max(abs(loss - ours) for loss in theirs) < 1e-3, f"losses differ: {ours}, {theirs}"
        rows = [[one.turn(steps)[0] for one in everyone] for _ in range(rounds)]
        couplet.close()
    unit, scale = ("s an epoch", 1) if options.epoch else ("ms a step", 1e3 / steps)
    print(f"LeNet, {options.loss}, batch {BATCH}, 2 threads, medians of {rounds} rounds")
    for index, one in enumerate(everyone):
        median = statistics.median(row[index] for row in rows)
        ratio = statistics.median(row[0] / row[index] for row in rows)
        text = "" if index == 0 else f"   Couplet / this {ratio:.2f}"
        print(f"  {one.name:<28}{median * scale:8.2f} {unit}{text}")


if __name__ == "__main__":
    main()
