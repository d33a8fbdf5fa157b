"""As many unlabelled examples of every class, as a teacher sees them."""

import numpy as np

from tfkd import checks
from tfkd.errors import InputError


def balanced_pseudo_labels(probabilities, *, per_class, threshold=0.3, seed=0):
    """Chooses unlabelled examples, n of every class that the teacher finds.

    Of the examples that the teacher takes for a class, and of which it is as
    sure as `threshold`, the n surest are taken. Where there are fewer, each
    is taken equally often, up to once more for some, drawn at random. A
    class without such an example stays without.

    Paper:     Xie, Luong, Hovy & Le, *Self-training with Noisy Student
               improves ImageNet classification*, CVPR 2020,
               arXiv:1911.04252, with n = 130,000 and a threshold of 0.3.
    Differs:   the authors' code takes the n surest up to a hundredth of
               probability, and draws for every example whether it is taken
               once more, so that n is met on average.

    Args:
        probabilities: The teacher's, of the unlabelled examples, `(examples,
            classes)`.
        per_class: n >= 1.
        threshold: In [0, 1).
        seed: Of the draw.

    Returns:
        Row numbers, `(rows,)`, class by class; some more than once.

    Raises:
        InputError: If a number is out of range, or rows are no
            probabilities.

    Example:
        >>> p = keras.ops.softmax(teacher.predict(extra))
        >>> rows = sources.balanced_pseudo_labels(p, per_class=1000)
        >>> x, y = sources.with_unlabelled(x, y, extra[rows])
    """
    p = np.asarray(probabilities, "float64")
    checks.whole(1, per_class=per_class)
    per_class = int(per_class)
    if not 0 <= threshold < 1:
        raise InputError(
            f"threshold must be in [0, 1), received {threshold!r}."
        )
    if p.ndim != 2 or np.any(p < 0) or np.any(np.abs(p.sum(1) - 1) > 1e-2):
        raise InputError(
            "Pseudo-labels are chosen by probabilities (examples, classes) "
            f"whose rows sum to 1, received an array of shape {p.shape}. Pass "
            "the softmax of logits."
        )
    random = np.random.default_rng(seed)
    answers, sure = p.argmax(axis=1), p.max(axis=1)
    found = [np.zeros(0, int)]
    for label in range(p.shape[1]):
        rows = np.flatnonzero((answers == label) & (sure >= threshold))
        rows = rows[np.argsort(-sure[rows], kind="stable")][:per_class]
        if not len(rows):
            continue
        copies, more = divmod(per_class, len(rows))
        again = random.choice(rows, more, replace=False)
        found += [np.tile(rows, copies), again]
    return np.concatenate(found)
