"""Writes score-u.npy, score-v.npy, score-groups.npy and score.json: embeddings of 1,000 pairs and what
`couplet score` must say of them, by the textbook formulas of MATH §2 on the stored matrix, in NumPy alone.

    python3 Tests/CoupletCLITests/Fixtures/make_score.py
"""

import json
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
N, D = 1000, 16


def embeddings():
    generator = np.random.default_rng(7)
    latent = generator.standard_normal((N, D))
    u = latent + 0.7 * generator.standard_normal((N, D)) + 0.3
    v = latent + 0.7 * generator.standard_normal((N, D))
    v[900:] = v[:100]  # Repeated rows: exact ties.
    return u.astype(np.float32), v.astype(np.float32)


def scores(u, v, tilting, temperature):
    u, v = u.astype(np.float64), v.astype(np.float64)
    if tilting == "cosine":
        u = u / np.linalg.norm(u, axis=1, keepdims=True)
        v = v / np.linalg.norm(v, axis=1, keepdims=True)
        return u @ v.T / temperature
    if tilting == "inner-product":
        return u @ v.T / temperature
    return -((u[:, None, :] - v[None, :, :]) ** 2).sum(axis=2) / (2 * temperature)


def log_mean_exp(s, axis=None):
    top = s.max(axis=axis, keepdims=True)
    return np.log(np.exp(s - top).mean(axis=axis)) + top.squeeze(axis)


def losses(s):
    partners = np.diag(s).mean()
    u_given_v = log_mean_exp(s, axis=0).mean() - partners
    v_given_u = log_mean_exp(s, axis=1).mean() - partners
    off = s[~np.eye(len(s), dtype=bool)]
    return {
        "two-sided": (u_given_v + v_given_u) / 2,
        "u-given-v": u_given_v,
        "v-given-u": v_given_u,
        "joint": float(log_mean_exp(off) - partners),
    }


def distinct(x, groups):
    """The first row of each distinct sample of a group."""
    seen = {}
    for i in range(N):
        seen.setdefault((groups[i], x[i].tobytes()), i)
    return sorted(seen.values())


def ranks(s, groups, candidates):
    """1 + the wrong candidates that score as high as the best partner or higher, for every row. Scores that
    differ by rounding alone are ties."""
    s, partner = s[:, candidates], groups[:, None] == groups[None, candidates]
    best = np.where(partner, s, -np.inf).max(axis=1, keepdims=True)
    slack = 1e-12 * np.abs(s).max()
    return 1 + (~partner & (s >= best - slack)).sum(axis=1)


def retrieval(s, groups, u, v):
    found = {"u": ranks(s.T, groups, distinct(u, groups)), "v": ranks(s, groups, distinct(v, groups))}
    return {
        "recall": {k: {str(n): float((r <= n).mean()) for n in (1, 5, 10)} for k, r in found.items()},
        "medianRank": {k: float(np.median(r)) for k, r in found.items()},
        "meanReciprocalRank": {k: float((1 / r).mean()) for k, r in found.items()},
    }


def case(u, v, tilting, temperature, weights, groups):
    s = scores(u, v, tilting, temperature)
    loss = losses(s)
    even = loss["two-sided"]
    loss["two-sided"] = weights[0] / 2 * loss["u-given-v"] + weights[1] / 2 * loss["v-given-u"]
    log_n = np.log(N)
    # The usual formula, cross-entropy with sums, of which ours is log N less (Theorem 2.8).
    usual = np.log(np.exp(s - s.max()).sum(axis=1)).mean() + s.max() - np.diag(s).mean()
    assert abs(usual - loss["v-given-u"] - log_n) < 1e-9
    return {
        "tilting": tilting,
        "temperature": temperature,
        "weights": weights,
        "grouped": groups is not None,
        "loss": loss if groups is None else {},
        "clipLoss": {} if groups is not None else {
            "two-sided": loss["two-sided"] + (weights[0] + weights[1]) / 2 * log_n,
            "u-given-v": loss["u-given-v"] + log_n,
            "v-given-u": loss["v-given-u"] + log_n,
        },
        # Of groups the losses are means over random draws: other tests hold them.
        "mutualInformationBounds": {} if groups is not None else {"info-nce": -even, "donsker-varadhan": -loss["joint"]},
        **retrieval(s, np.arange(N) if groups is None else groups, u, v),
    }


def main():
    u, v = embeddings()
    groups = np.arange(N, dtype=np.int64)
    groups[900:] = groups[:100]
    np.save(os.path.join(HERE, "score-u.npy"), u)
    np.save(os.path.join(HERE, "score-v.npy"), v)
    np.save(os.path.join(HERE, "score-groups.npy"), groups)
    cases = [
        case(u, v, "cosine", 0.07, [1, 1], None),
        case(u, v, "cosine", 0.01, [2, 0], None),
        case(u, v, "inner-product", 1.0, [1, 1], None),
        case(u, v, "squared-distance", 2.0, [0.5, 1.5], None),
        case(u, v, "cosine", 0.07, [1, 1], groups),
    ]
    with open(os.path.join(HERE, "score.json"), "w") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
