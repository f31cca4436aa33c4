"""Writes tests/data/labels/logistic.json: small logistic regressions solved by Newton's method in double, to compare PureClip's L-BFGS with.

Loss: mean cross-entropy + lambda / 2 * |weights|^2, biases free, embeddings of length 1. Run from the repository's root.
"""
import json

import numpy as np

CLASSES, WIDTH, PICTURES = 4, 6, 60
rng = np.random.default_rng(20240607)
centres = rng.normal(size=(CLASSES, WIDTH))
y = np.concatenate([np.repeat(np.arange(CLASSES), 12), rng.integers(0, 2, PICTURES - 12 * CLASSES)])  # unequal classes
x = np.round(centres[y] + 1.2 * rng.normal(size=(PICTURES, WIDTH)), 4)
unit = x / np.linalg.norm(x, axis=1, keepdims=True)
design = np.hstack([unit, np.ones((PICTURES, 1))])  # the last column is the bias


def solve(lam):
    theta = np.zeros((CLASSES, WIDTH + 1))
    ridge = np.tile(np.append(np.full(WIDTH, lam), 0.0), CLASSES)
    for _ in range(100):
        logits = design @ theta.T
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        gradient = ((p - np.eye(CLASSES)[y]).T @ design / PICTURES).ravel() + ridge * theta.ravel()
        hessian = np.diag(ridge)
        for i in range(PICTURES):
            hessian += np.kron(np.diag(p[i]) - np.outer(p[i], p[i]), np.outer(design[i], design[i])) / PICTURES
        # All biases may be shifted alike: the shortest step does not do it, so they keep the mean 0.
        theta -= np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0].reshape(theta.shape)
    assert np.linalg.norm(gradient) < 1e-13
    loss = -np.log(p[np.arange(PICTURES), y]).mean() + lam / 2 * (theta[:, :-1] ** 2).sum()
    return {"lambda": lam, "loss": float(loss), "weights": theta[:, :-1].ravel().tolist(), "biases": theta[:, -1].tolist()}


with open("tests/data/labels/logistic.json", "w", encoding="utf-8", newline="\n") as file:
    json.dump({"embeddings": x.tolist(), "classes": y.tolist(), "solutions": [solve(lam) for lam in (0.1, 0.01, 0.001)]}, file, indent=1)
    file.write("\n")
