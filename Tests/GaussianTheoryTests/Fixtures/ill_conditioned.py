"""Canonical correlations and optimal losses of badly conditioned covariances, with mpmath.

Writes ill_conditioned.json beside this file: covariances in double precision (exactly as the tests
read them) and, computed from those very entries in 80 digits, the canonical correlations, their
complements 1 - sigma, the mutual information and the least expected KL divergence of every tilting,
loss and rank. The divergences come from minimising the loss of each mode over (g, h) numerically;
no closed form is used.

Needs numpy and mpmath:  python3 ill_conditioned.py
"""

import json
import pathlib

import mpmath as mp
import numpy as np

mp.mp.dps = 80


def orthogonal(rng, n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def spread(rng, n, condition):
    """A matrix with singular values from 1 down to 1/sqrt(condition)."""
    return orthogonal(rng, n) @ np.diag(np.logspace(0, -np.log10(condition) / 2, n)) @ orthogonal(rng, n)


def symmetric(matrix):
    return (matrix + matrix.T) / 2


def whole(rng, nu, nv, condition):
    """The joint matrix has the given condition number, and so correlations very near 1."""
    factor = spread(rng, nu + nv, condition)
    return symmetric(factor @ factor.T)


def blocks(rng, nu, nv, condition, correlations):
    """Each block has the given condition number; the correlations are moderate."""
    fu, fv = spread(rng, nu, condition), spread(rng, nv, condition)
    sigma = np.zeros((nu, nv))
    np.fill_diagonal(sigma, correlations)
    cross = fu @ sigma @ fv.T
    return symmetric(np.block([[fu @ fu.T, cross], [cross.T, fv @ fv.T]]))


def exact_correlations(c, nu):
    m = lambda block: mp.matrix(block.tolist())
    lu, lv = mp.cholesky(m(c[:nu, :nu])), mp.cholesky(m(c[nu:, nu:]))
    k = lu**-1 * m(c[:nu, nu:]) * (lv**-1).T
    values = mp.svd_r(k, compute_uv=False)
    return sorted(list(values), reverse=True)


def one_side(sigma, b, m):
    """KL(N(sigma y, 1 - sigma^2) || N(m y, 1/(1+b))) averaged over y ~ N(0, 1)."""
    t = (1 + b) * (1 - sigma**2)
    return (t - 1 - mp.log(t) + (1 + b) * (m - sigma) ** 2) / 2


def mode_loss(sigma, tilting, loss, g, h):
    a, b, c = g * h, g * g, h * h
    if tilting == "inner-product":
        if loss == "joint":
            return (-2 * a * sigma - mp.log(1 - a * a) - mp.log(1 - sigma**2)) / 2
        return one_side(sigma, mp.mpf(0), a)
    if loss == "joint":
        return (b + c - 2 * a * sigma - mp.log(1 + b + c) - mp.log(1 - sigma**2)) / 2
    u, v = one_side(sigma, b, a / (1 + b)), one_side(sigma, c, a / (1 + c))
    return {"two-sided": (u + v) / 2, "u-given-v": u, "v-given-u": v}[loss]


def minimum(sigma, tilting, loss):
    """The least loss of one mode, by Newton's method on the log of one unknown or two."""
    if sigma == 0:
        return mp.mpf(0)
    one_unknown = tilting == "inner-product" or loss in ("joint", "two-sided")
    if tilting == "inner-product":  # a in (0, 1), by its logit
        curve = lambda x: mode_loss(sigma, tilting, loss, 1 / (1 + mp.exp(-x)), mp.mpf(1))
        start = [mp.log(sigma / (1 - sigma))]
    elif one_unknown:  # g = h
        curve = lambda x: mode_loss(sigma, tilting, loss, mp.exp(x), mp.exp(x))
        start = [mp.log(sigma / (1 - sigma)) / 2]
    else:
        curve = lambda x, y: mode_loss(sigma, tilting, loss, mp.exp(x), mp.exp(y))
        middle = mp.log(sigma / (1 - sigma)) / 2
        start = [middle, middle]
    return newton(curve, [mp.mpf(s) for s in start])


def newton(curve, x):
    """Damped Newton's method with central differences of step 1e-20 (80 digits carry them)."""
    step, n = mp.mpf(10) ** -20, len(x)
    at = lambda d: curve(*[xi + di for xi, di in zip(x, d)])
    unit = lambda i: [step if j == i else mp.mpf(0) for j in range(n)]
    add = lambda p, q, s=1: [a + s * b for a, b in zip(p, q)]
    zero = [mp.mpf(0)] * n
    for _ in range(200):
        f0 = at(zero)
        grad = mp.matrix([(at(unit(i)) - at(add(zero, unit(i), -1))) / (2 * step) for i in range(n)])
        hess = mp.matrix(n, n)
        for i in range(n):
            for j in range(n):
                pp, pm = at(add(unit(i), unit(j))), at(add(unit(i), unit(j), -1))
                mp_, mm = at(add(unit(j), unit(i), -1)), at(add(add(zero, unit(i), -1), unit(j), -1))
                hess[i, j] = (pp - pm - mp_ + mm) / (4 * step**2)
        least = min(mp.eigsy(hess, eigvals_only=True)) if n > 1 else hess[0, 0]
        size = mp.norm(hess)
        if least <= mp.mpf("1e-25") * size:
            for i in range(n):
                hess[i, i] += 2 * abs(least) + mp.mpf("1e-3") * size + mp.mpf("1e-30")
        move = -mp.lu_solve(hess, grad)
        length = min(mp.mpf(1), 2 / (mp.norm(move) + mp.mpf("1e-60")))
        while length > mp.mpf("1e-40") and not at([length * d for d in move]) < f0:
            length /= 2
        if length <= mp.mpf("1e-40") or mp.norm(grad) < mp.mpf("1e-22"):
            break
        x = [xi + length * d for xi, d in zip(x, move)]
    return curve(*x)


def case(name, c, nu):
    nv = c.shape[0] - nu
    sigma = exact_correlations(c, nu)
    information = [-mp.log(1 - s * s) / 2 for s in sigma]
    optima = []
    for tilting in ("inner-product", "squared-distance"):
        for loss in ("two-sided", "u-given-v", "v-given-u", "joint"):
            best = [minimum(s, tilting, loss) for s in sigma]
            for rank in (1, 2, len(sigma)):
                value = mp.fsum(best[:rank]) + mp.fsum(information[rank:])
                # One-sided losses of the squared distance vanish at full rank.
                value = mp.mpf(0) if abs(value) < mp.mpf("1e-30") else value
                optima.append({"tilting": tilting, "loss": loss, "rank": rank, "divergence": float(value)})
    return {
        "name": name,
        "uDimension": nu,
        "dimension": nu + nv,
        "covariance": c.reshape(-1).tolist(),
        "correlations": [float(s) for s in sigma],
        "complements": [float(1 - s) for s in sigma],
        "mutualInformation": float(mp.fsum(information)),
        "optima": optima,
    }


def main():
    rng = np.random.default_rng(20250524)
    scales = np.diag(10.0 ** np.array([6, -6, 3, -3, 0, -5, 5, -1]))
    mild = blocks(rng, 4, 4, 10.0, [0.95, 0.6, 0.3, 0.05])
    cases = [
        case("joint 1e4", whole(rng, 3, 4, 1e4), 3),
        case("joint 1e8", whole(rng, 5, 3, 1e8), 5),
        case("joint 1e12", whole(rng, 4, 4, 1e12), 4),
        case("blocks 1e8", blocks(rng, 5, 4, 1e8, [0.9, 0.5, 0.2, 1e-3]), 5),
        case("blocks 1e12", blocks(rng, 4, 5, 1e12, [0.999, 0.9, 0.5, 0.01]), 4),
        case("scales 1e12", scales @ mild @ scales, 4),
    ]
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
