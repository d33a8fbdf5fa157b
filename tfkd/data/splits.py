"""Which example goes where: stable hashes of ids, never random numbers."""

import collections
import hashlib

import numpy as np


def example_id(dataset, key):
    """Returns the stable id (16 hex digits) of `key` in the data set."""
    return hashlib.sha256(f"{dataset}/{key}".encode()).hexdigest()[:16]


def hash_fractions(ids, salt):
    """Maps ids to floats in [0, 1) that depend on id and salt alone.

    Uses of different salts are independent of each other.
    """
    digests = (hashlib.sha256(f"{salt}/{id}".encode()).digest() for id in ids)
    # 53 bits: what a float64 holds, so that the result stays below 1.
    return np.array(
        [(int.from_bytes(d[:8], "big") >> 11) / 2**53 for d in digests],
        dtype=np.float64,
    )


def take(ids, labels, groups, counts, salt):
    """Chooses `counts[label]` examples of each class by the hash of their id.

    Examples of one group (copies of one image) are taken or left together,
    so a class may give a few more than asked for.

    Args:
        ids: Example ids.
        labels: Class of each example.
        groups: Group of each example; equal values belong together.
        counts: Class to number of examples.
        salt: Name of this use of the hash.

    Returns:
        A mask, (examples,) bool. It does not depend on the examples' order.
    """
    order = list(zip(hash_fractions(ids, salt), ids))
    members = collections.defaultdict(list)
    for position, group in enumerate(groups):
        members[group].append(position)
    queues = collections.defaultdict(list)
    for positions in members.values():
        leader = min(positions, key=order.__getitem__)
        queues[int(labels[leader])].append((order[leader], positions))
    mask = np.zeros(len(ids), bool)
    for label, queue in queues.items():
        missing = counts.get(label, 0)
        for _, positions in sorted(queue):
            if missing <= 0:
                break
            mask[positions] = True
            missing -= len(positions)
    return mask


def take_fraction(ids, labels, groups, fraction, salt):
    """Chooses the same fraction of every class; at least 1 of 2 or more."""
    classes, sizes = np.unique(np.asarray(labels), return_counts=True)
    counts = {
        int(label): max(round(size * fraction), 1) if size > 1 else 0
        for label, size in zip(classes, sizes)
    }
    return take(ids, labels, groups, counts, salt)


def take_at_most(ids, labels, maximum, salt):
    """Chooses `maximum` examples with the classes' shares kept."""
    labels = np.asarray(labels)
    if maximum is None or len(ids) <= maximum:
        return np.ones(len(ids), bool)
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * (maximum / len(ids))
    counts = np.floor(exact).astype(int)
    # Largest remainders first; ties go to the lower class.
    rest = np.argsort(counts - exact, kind="stable")
    counts[rest[: maximum - counts.sum()]] += 1
    wanted = {int(c): int(n) for c, n in zip(classes, counts)}
    return take(ids, labels, range(len(ids)), wanted, salt)
