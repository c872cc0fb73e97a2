"""The pair score of `couplet train --for posterior` by PyTorch, on simulators whose posterior is known.

A peer that shares no code with Couplet: simulators, exact draws, network, loss, pairs near one another, and scikit-learn's
perceptron as the classifier of the two-sample test. Prints the accuracy at each observation; 1/2 is the best.

    pip install torch numpy scikit-learn
    python bench/posteriors.py two-moons --simulations 10000 --epochs 60 --near 0.5
"""

import argparse
import math
import warnings

import numpy as np
import torch
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from torch import nn

warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def crescent(random, n):
    angle, radius = random.uniform(-np.pi / 2, np.pi / 2, n), random.normal(0.1, 0.01, n)
    return np.c_[radius * np.cos(angle) + 0.25, radius * np.sin(angle)]


def two_moons(random, n):
    theta = random.uniform(-1, 1, (n, 2))
    shift = np.c_[-np.abs(theta.sum(1)), theta[:, 1] - theta[:, 0]] / np.sqrt(2)
    return theta, crescent(random, n) + shift


def two_moons_exact(random, x, n):
    q = (x - crescent(random, n)) * np.sqrt(2)
    total = -q[:, 0] * (random.integers(0, 2, n) * 2 - 1)
    theta = np.c_[total - q[:, 1], total + q[:, 1]] / 2
    return theta[(q[:, 0] <= 0) & (np.abs(theta) < 1).all(1)]


def mixed(random, n):
    return np.where(random.random((n, 1)) < 0.5, 1, 0.1) * random.normal(size=(n, 2))


def gaussian_mixture(random, n):
    theta = random.uniform(-10, 10, (n, 2))
    return theta, theta + mixed(random, n)


def gaussian_mixture_exact(random, x, n):
    theta = x + mixed(random, n)
    return theta[(np.abs(theta) < 10).all(1)]


def correlated(random, theta, shape):
    z = random.normal(size=shape + (2,))
    rho = np.tanh(theta[4])
    return np.stack(
        [theta[2] ** 2 * z[..., 0],
         theta[3] ** 2 * (rho * z[..., 0] + np.sqrt(1 - rho**2) * z[..., 1])], -1)


def slcp(random, n):
    theta = random.uniform(-3, 3, (n, 5))
    noise = correlated(random, theta.T[:, :, None], (n, 4))
    return theta, (theta[:, None, :2] + noise).reshape(n, 8)


def slcp_exact(random, x, n, cells=160):
    points = x.reshape(4, 2)
    mean = points.mean(0)
    s = (points - mean).T @ (points - mean)

    def log_density(a, b, c):
        rho = np.tanh(c)
        det = a**4 * b**4 * (1 - rho**2)
        trace = (s[0, 0] * b**4 - 2 * rho * a**2 * b**2 * s[0, 1] + s[1, 1] * a**4) / det
        return -1.5 * np.log(det) - trace / 2

    side = 3 / cells
    a, c = (np.arange(cells) + 0.5) * side, (np.arange(2 * cells) + 0.5) * side - 3
    grid = log_density(a[:, None, None], a[None, :, None], c[None, None, :])
    weights = np.exp(grid - grid.max()).ravel()
    k = random.choice(weights.size, 20 * n, p=weights / weights.sum())
    i, j, l = np.unravel_index(k, grid.shape)
    within = (random.random((3, 20 * n)) - 0.5) * side
    t = np.stack([a[i] + within[0], a[j] + within[1], c[l] + within[2]])
    gain = np.exp(np.minimum(log_density(*t) - grid.ravel()[k], 20))
    t = t[:, random.choice(20 * n, 4 * n, p=gain / gain.sum())]
    zero = np.zeros((2, 4 * n))
    centre = mean + correlated(random, np.concatenate([zero, t]), (4 * n,)) / 2
    signs = random.integers(0, 2, (4 * n, 2)) * 2 - 1
    theta = np.c_[centre, t[:2].T * signs, t[2]]
    return theta[(np.abs(centre) < 3).all(1)]


TASKS = {
    "two-moons": (two_moons, two_moons_exact),
    "gaussian-mixture": (gaussian_mixture, gaussian_mixture_exact),
    "slcp": (slcp, slcp_exact),
}


def accuracy(exact, draws):
    mean, scale = exact.mean(0), exact.std(0)
    points = np.r_[(exact - mean) / scale, (draws - mean) / scale]
    labels = np.repeat([0, 1], [len(exact), len(draws)])
    width = 10 * exact.shape[1]
    model = MLPClassifier((width, width), max_iter=300, random_state=0)
    return cross_val_score(model, points, labels, cv=KFold(5, shuffle=True, random_state=0)).mean()


class Pair(nn.Module):
    def __init__(self, n, m, width, blocks=3):
        super().__init__()
        self.n, self.input = n, nn.Linear(n + m, width)
        self.blocks = nn.ModuleList(
            nn.ModuleList([nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)])
            for _ in range(blocks))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, u, v):
        """G x a x n and G x b x m to G x b x a scores."""
        left = u @ self.input.weight[:, : self.n].T + self.input.bias
        right = v @ self.input.weight[:, self.n :].T
        h = left[:, None] + right[:, :, None]
        for norm, first, second in self.blocks:
            h = h + second(nn.functional.gelu(first(norm(h))))
        return self.output(self.norm(h)).squeeze(-1)


def near(u, rows, size, random):
    if len(rows) < 2 * size:
        return [rows[:size]]
    order = rows[np.argsort(u[rows] @ random.normal(size=u.shape[1]))]
    half = len(order) // size // 2 * size
    return near(u, order[:half], size, random) + near(u, order[half:], size, random)


def loss(scores):
    partner = torch.diagonal(scores, dim1=1, dim2=2)
    return (scores.logsumexp(2) - partner).mean() - math.log(scores.shape[2])


def fit(u, v, options, random):
    held = max(len(u) // 10, 1)
    u, v = (torch.tensor(x, dtype=torch.float32) for x in (u, v))
    net, size = Pair(u.shape[1], v.shape[1], options.width), options.negatives + 1
    optimizer = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=0.01)
    count = len(u) - held
    steps = count // options.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, options.rate, total_steps=options.epochs * steps + 1, pct_start=0.25)
    best, points = (math.inf, None, 0), u.numpy()
    for epoch in range(options.epochs):
        rows = held + random.permutation(count)
        cut = int(options.near * count) // size * size
        blocks = near(points, rows[:cut], size, random) if cut else []
        blocks += [rows[i : i + size] for i in range(cut, count - size + 1, size)]
        blocks = [blocks[i] for i in random.permutation(len(blocks))]
        each = options.batch // size
        for step in range(steps):
            taken = blocks[step * each : (step + 1) * each]
            if not taken:
                break
            taken = torch.tensor(np.array(taken))
            value = loss(net(u[taken], v[taken]))
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            some = min(held, 256)
            value = loss(net(u[None, :some], v[None, :some])).item()
        if value < best[0]:
            best = (value, {k: t.clone() for k, t in net.state_dict().items()}, epoch + 1)
    net.load_state_dict(best[1])
    print(f"best epoch {best[2]} of {options.epochs}, loss {best[0]:.3f} of {some} pairs")
    return net


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    for name, value in dict(
        simulations=10_000, epochs=60, width=128, negatives=31, batch=256, observations=3,
        candidates=100_000, draws=2_000, seed=0).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--near", type=float, default=0.5)
    parser.add_argument("--rate", type=float, default=2e-3)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    simulate, exact = TASKS[options.task]
    theta, x = simulate(random, options.simulations)
    (mu, su), (mv, sv) = ((y.mean(0), y.std(0)) for y in (theta, x))
    net = fit((theta - mu) / su, (x - mv) / sv, options, random)
    edge = np.abs(simulate(random, 10_000)[0]).max().round()
    found = []
    for seen in simulate(random, options.observations)[1]:
        condition = torch.tensor((seen - mv) / sv, dtype=torch.float32)[None, None]

        def score(t):
            t = torch.tensor((t - mu) / su, dtype=torch.float32)
            with torch.no_grad():
                parts = [net(p[None], condition)[0, 0] for p in t.split(8192)]
            return torch.cat(parts).double().numpy()

        candidates = simulate(random, options.candidates)[0]
        log = score(candidates)
        weights = np.exp(log - log.max())
        weights /= weights.sum()
        places = random.choice(len(weights), options.draws, p=weights)
        draws, values = candidates[places], log[places]
        # Beyond the candidates, where these are few: differential evolution (ter Braak 2006).
        for _ in range(25 if options.task == "slcp" else 0):
            i = random.integers(0, len(draws), (2, len(draws)))
            scale = random.choice([1, 0.53, 0.25], (len(draws), 1))
            moved = draws + scale * (draws[i[0]] - draws[i[1]])
            moved += random.normal(size=draws.shape) * 1e-3
            inside = (np.abs(moved) < edge).all(1)
            new = np.where(inside, score(moved), -np.inf)
            taken = np.log(random.random(len(draws))) < new - values
            draws[taken], values[taken] = moved[taken], new[taken]
        truth = np.empty((0, theta.shape[1]))
        while len(truth) < options.draws:
            truth = np.r_[truth, exact(random, seen, options.draws)]
        found.append(accuracy(truth[: options.draws], draws))
        size = 1 / (weights**2).sum()
        print(f"effective candidates {size:.0f}, accuracy {found[-1]:.3f}", flush=True)
    print(f"mean {np.mean(found):.3f}")


if __name__ == "__main__":
    main()
