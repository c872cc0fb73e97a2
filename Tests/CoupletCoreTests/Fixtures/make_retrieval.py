"""Writes retrieval.json: average precision and nDCG@10 of several right answers a query, by NumPy from the definitions
and, where it is installed, checked against scikit-learn.

    python3 make_retrieval.py
"""

import json
import pathlib

import numpy

r = numpy.random.default_rng(7)
QUERIES, CANDIDATES, GROUPS = 30, 40, 9
x, y = r.normal(size=(QUERIES, 3)), r.normal(size=(CANDIDATES, 3))
queries, candidates = r.integers(0, GROUPS, QUERIES), r.integers(0, GROUPS, CANDIDATES)
scores = x @ y.T

precisions, gains = [], []
for i in range(QUERIES):
    order = numpy.argsort(-scores[i])
    right = candidates[order] == queries[i]
    places = numpy.arange(1, CANDIDATES + 1)
    precisions.append(float((numpy.cumsum(right) / places)[right].mean()))
    discounts = 1 / numpy.log2(places + 1)
    gains.append(float(discounts[:10][right[:10]].sum() / discounts[: min(10, right.sum())].sum()))

try:
    from sklearn.metrics import average_precision_score, ndcg_score

    relevant = (candidates[None] == queries[:, None]).astype(int)
    assert numpy.allclose(precisions, [average_precision_score(t, s) for t, s in zip(relevant, scores)])
    assert numpy.allclose(gains, [ndcg_score([t], [s], k=10) for t, s in zip(relevant, scores)])
    print("agrees with scikit-learn")
except ImportError:
    pass

result = {
    "x": x.tolist(), "y": y.tolist(), "queries": queries.tolist(), "candidates": candidates.tolist(),
    "meanAveragePrecision": float(numpy.mean(precisions)), "ndcg10": float(numpy.mean(gains)),
}
pathlib.Path(__file__).with_name("retrieval.json").write_text(json.dumps(result) + "\n")
