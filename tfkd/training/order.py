"""Which example comes when: a pure function of seed and epoch."""

import hashlib

import numpy as np

from tfkd.errors import InputError


def epoch_order(count, seed, epoch, length=None):
    """Returns the positions that one epoch visits.

    Args:
        count: Number of examples there are.
        seed: Seed of the training.
        epoch: Number of the epoch, from 0.
        length: Number of positions to visit. The default is `count`; above
            it, the examples are cycled through in further permutations.

    Returns:
        An int64 array of shape `(length,)`.
    """
    rng = np.random.default_rng([seed, epoch])
    length = count if length is None else length
    rounds = -(-length // count)
    return np.concatenate([rng.permutation(count) for _ in range(rounds)])[
        :length
    ]


def replica_order(order, batch_size, replicas, own):
    """Returns the part of an epoch that some of the replicas see.

    Every batch is divided into as many equal parts as there are replicas, one
    after the other, so that together they see the batches that one device
    would. An odd last batch that cannot be divided is filled up with its own
    first examples.

    Args:
        order: The positions that the epoch visits, shape `(n,)`.
        batch_size: Examples a batch, of all replicas; divisible by them.
        replicas: Number of replicas.
        own: Numbers of those that are wanted, a range.

    Returns:
        An int64 array: of the first batch the part of each of them, then of
        the second, and so on.
    """
    full = len(order) // batch_size * batch_size
    batches = order[:full].reshape(-1, replicas, batch_size // replicas)
    last = order[full:]
    size = -(-len(last) // replicas) * replicas
    # `resize` repeats from the start.
    last = np.resize(last, size).reshape(replicas, -1)
    chosen = slice(own.start, own.stop)
    return np.concatenate([batches[:, chosen].ravel(), last[chosen].ravel()])


def choose_labelled(example_ids, labels, count, seed):
    """Chooses the examples whose labels may be seen, stratified by class.

    Every class gives at least one; the rest is proportional to its size. The
    choice depends on ids and seed alone, not on the order of the examples.

    Args:
        example_ids: Array of str, shape `(n,)`.
        labels: Integer array of shape `(n,)`.
        count: How many to choose; `None` chooses all.
        seed: Seed of the choice.

    Returns:
        A boolean array of shape `(n,)` with `count` true entries.

    Raises:
        InputError: If `count` exceeds `n` or is below the number of classes.
    """
    total = len(example_ids)
    if count is None:
        return np.ones(total, bool)
    classes, counts = np.unique(labels, return_counts=True)
    if not len(classes) <= count <= total:
        raise InputError(
            f"num_labels must be at least one a class ({len(classes)}) and at "
            f"most the number of training examples ({total}), received "
            f"{count}."
        )
    digests = [
        hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
        for name in example_ids
    ]
    by_digest = np.argsort(np.array(digests), kind="stable")
    share = np.empty(total)
    for number, size in zip(classes, counts, strict=True):
        members = by_digest[labels[by_digest] == number]
        share[members] = np.arange(size) / size
    ranked = np.lexsort((np.array(digests), share))
    chosen = np.zeros(total, bool)
    chosen[ranked[:count]] = True
    return chosen


def rows_of(wanted, available):
    """Returns the positions in `available` at which `wanted` ids stand.

    Args:
        wanted: Array of str, shape `(n,)`.
        available: Array of distinct str, shape `(m,)`.

    Returns:
        An int64 array of shape `(n,)`.

    Raises:
        InputError: If an id is missing or `available` repeats one.
    """
    row = {name: number for number, name in enumerate(available)}
    missing = [name for name in wanted if name not in row]
    if missing or len(row) != len(available):
        raise InputError(
            "The cached predictions must hold each training example exactly "
            f"once; {len(missing)} of {len(wanted)} are missing (first: "
            f"{missing[:3]}) and {len(available) - len(row)} are repeated. "
            "Run TeacherPredictions on the same examples again."
        )
    return np.array([row[name] for name in wanted], np.int64)
