"""Writes two_samples.json: pairs of samples, and how well scikit-learn's perceptron tells them apart.

    pip install scikit-learn==1.9.1
    python make_two_samples.py
"""

import json

import numpy as np
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier


def accuracy(first, second, seed):
    mean, scale = first.mean(0), first.std(0)
    points = (np.concatenate([first, second]) - mean) / scale
    labels = np.repeat([0, 1], [len(first), len(second)])
    width = 10 * first.shape[1]
    classifier = MLPClassifier((width, width), max_iter=1000, random_state=seed)
    folds = KFold(5, shuffle=True, random_state=seed)
    return cross_val_score(classifier, points, labels, cv=folds).mean()


random = np.random.default_rng(0)
count = 300
sign = random.choice([-1, 1], size=(count, 1))
cases = {
    "moved": (random.normal(size=(count, 2)), random.normal(size=(count, 2)) + 0.7),
    "wider": (random.normal(size=(count, 2)), 2 * random.normal(size=(count, 2))),
    # The covariance alone tells of it.
    "mixed": (
        random.normal(size=(count, 2)),
        sign * 0.9 + 0.436 * random.normal(size=(count, 2)),
    ),
}
found = {}
for name, samples in cases.items():
    first, second = [np.round(x, 4) for x in samples]
    found[name] = {
        "first": first.tolist(),
        "second": second.tolist(),
        "accuracy": float(np.mean([accuracy(first, second, seed) for seed in range(2)])),
    }
    print(name, found[name]["accuracy"])
with open("two_samples.json", "w") as file:
    json.dump(found, file, separators=(",", ":"))
