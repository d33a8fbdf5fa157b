"""What a student is given: images or views of them, and stored answers."""

import dataclasses

import numpy as np

from tfkd.data import augment
from tfkd.data import stored


@dataclasses.dataclass
class Inputs:
    """The `x` of a training: arrays, and what becomes of a batch of them.

    Attributes:
        images: float32 raw pixels, shape `(n, height, width, channels)`.
        cached: The teacher's stored answers to them, or `None`.
        policy: How images are augmented, or `None`.
        seeds: int64, shape `(n, views)`, with a policy.
        numbered: Whether a batch carries each example's number.
    """

    images: np.ndarray
    cached: stored.Stored | None = None
    policy: dict | None = None
    seeds: np.ndarray | None = None
    numbered: bool = False

    def arrays(self):
        """Returns what `trainer.train` takes as `x`: small, as stored."""
        x = {"student": self.images}
        if self.cached is not None:
            x["cached"] = self.cached.fields
        if self.numbered:
            x["index"] = np.arange(len(self.images))
        if self.policy is not None:
            x["seeds"] = self.seeds
        return x if len(x) > 1 else self.images

    def prepare(self):
        """Returns what `trainer.train` takes as `prepare`, or `None`."""
        if self.cached is None and self.policy is None:
            return None
        return self._batch

    def _batch(self, x, epoch):
        """Decodes a batch, and makes view `epoch` mod N of its images."""
        x = dict(x)
        if self.policy is not None:
            view = epoch % self.policy["views"]
            seeds = x.pop("seeds")[:, view]
            x["student"] = augment.view(x["student"], seeds, self.policy)
        if self.cached is not None:
            fields = x["cached"]
            if self.policy is not None:
                fields = {name: all[:, view] for name, all in fields.items()}
            x["cached"] = self.cached.decode(fields)
        return x if len(x) > 1 else x["student"]


def seeds(ids, policy):
    """Returns the seed of each view of each example, shape `(n, views)`."""
    return np.stack(
        [
            augment.seeds(ids, policy["seed"], view)
            for view in range(policy["views"])
        ],
        axis=1,
    )
