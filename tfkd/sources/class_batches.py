"""Batches in which every class has several examples."""

import keras
import numpy as np

from tfkd.errors import InputError
from tfkd.sources.class_numbers import class_numbers


class ClassBatches(keras.utils.PyDataset):
    """Draws a few classes, and as many examples of each.

    What relations and triplets within a batch need. With `unlabelled`,
    examples of label -1 fill the batch up. With `groups`, classes are what
    these say: clusters of alike examples, for example, whose relations are
    the harder ones.

    Args:
        x: Examples: an array, or a structure of arrays such as a dict of
            views.
        y: Class indices `(examples,)` or `(examples, 1)`; -1 for unlabelled
            ones.
        groups: Numbers that are drawn by in place of y, `(examples,)`.
        classes: Classes in a batch, at most those that there are.
        per_class: Examples of each; drawn with replacement where a class has
            fewer.
        unlabelled: Further examples of label -1 in each batch.
        batches: Batches in an epoch; if absent, as many as it takes to draw
            the number of labelled examples.
        seed: Of what is drawn, with the epoch and the batch.
        **kwargs: See `keras.utils.PyDataset`.

    Raises:
        InputError: If there are fewer classes, no unlabelled examples, or
            not one class and one group an example.
    """

    def __init__(
        self,
        x,
        y,
        *,
        groups=None,
        classes=8,
        per_class=4,
        unlabelled=0,
        batches=None,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        lengths = {np.shape(part)[0] for part in keras.tree.flatten(x)}
        if len(lengths) > 1:
            raise InputError(
                "ClassBatches needs views of the same examples, received "
                f"lengths {sorted(lengths)}."
            )
        y = class_numbers(y, lengths.pop(), unlabelled=True)
        by = y if groups is None else np.asarray(groups).reshape(-1)
        if len(by) != len(y):
            raise InputError(
                f"ClassBatches needs one group an example, received {len(by)} "
                f"groups for {len(y)} examples."
            )
        self.groups = [np.flatnonzero(by == c) for c in np.unique(by[by >= 0])]
        self.rest = np.flatnonzero(by < 0)
        sizes = (classes, per_class, 1 if batches is None else batches)
        if min(sizes) < 1 or unlabelled < 0 or classes > len(self.groups):
            raise InputError(
                "ClassBatches needs per_class and batches >= 1 and 1 to "
                f"{len(self.groups)} classes, as many as have labels; "
                f"received classes={classes!r}, per_class={per_class!r}, "
                f"unlabelled={unlabelled!r}, batches={batches!r}."
            )
        if unlabelled and not len(self.rest):
            raise InputError(
                "ClassBatches needs examples of label -1 where unlabelled > "
                f"0, received unlabelled={unlabelled!r} and none. Pass "
                "unlabelled=0."
            )
        self.x, self.y = x, y
        self.classes, self.per_class = classes, per_class
        self.unlabelled = unlabelled
        self.seed = seed
        self.epoch = 0
        labelled = len(y) - len(self.rest)
        self.batches = batches or max(labelled // (classes * per_class), 1)

    def __len__(self):
        return self.batches

    def __getitem__(self, number):
        random = np.random.default_rng((self.seed, self.epoch, number))
        chosen = random.choice(len(self.groups), self.classes, replace=False)
        drawn = [_draw(random, self.groups[c], self.per_class) for c in chosen]
        if self.unlabelled:
            drawn.append(_draw(random, self.rest, self.unlabelled))
        rows = np.concatenate(drawn)
        x = keras.tree.map_structure(lambda a: np.asarray(a)[rows], self.x)
        return x, self.y[rows]

    def on_epoch_end(self):
        self.epoch += 1


def _draw(random, group, count):
    return random.choice(group, count, replace=len(group) < count)
