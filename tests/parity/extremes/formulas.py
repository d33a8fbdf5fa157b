"""Formulas in NumPy that several parts share."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def kl(t, s):
    return np.sum(softmax(t) * (log_softmax(t) - log_softmax(s)), -1)


def lp(t, s, p=2, root=False):
    value = np.mean(np.abs(t - s) ** p, -1)
    return value ** (1 / p) if root else value
