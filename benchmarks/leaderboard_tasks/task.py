"""What a task of the leaderboard is."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

# What a method's `build` may get as its teacher: a model, two models,
# nothing, or one model's checkpoints along its training.
KINDS = ("one", "many", "none", "route")
# Sections whose methods see other data than a classifier's training images.
APART = ("data_free", "incremental")


@dataclasses.dataclass
class Setting:
    """What one seed of a task gives every entry.

    Attributes:
        student: With its initial weights.
        teachers: Kind to a function without arguments, which returns what
            `build` takes.
        x: What the student sees, in the order of the batches.
        y: Labels; -1 is unknown.
        rows: Number of each image of `x`.
        control: `(x, y)` of as many batches without unknown labels.
        once: `(x, y)`, every labelled image once, for the classical model.
        epochs: Passes over `x`.
        batch: Images a batch.
        scored: Called with a split; returns what the student sees, what the
            teacher sees, and labels.
        learning_rate: Highest one.
        teacher_x: What the teacher sees, where it is something else.
    """

    student: keras.Model
    teachers: dict
    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    control: tuple
    once: tuple
    epochs: int
    batch: int
    scored: Callable
    learning_rate: float
    teacher_x: np.ndarray | None = None

    @property
    def steps(self):
        """Optimizer steps of a whole training."""
        return self.epochs * -(-len(self.y) // self.batch)

    @property
    def examples(self):
        """Different images in `x`."""
        return int(self.rows.max()) + 1

    def inputs(self, needs):
        """Returns what a method is fitted on.

        Args:
            needs: As in a card.
        """
        views = {"student": self.x}
        if self.teacher_x is not None:
            views["teacher"] = self.teacher_x
        if "index" in needs:
            views["index"] = self.rows.astype("int32")
        return views if len(views) > 1 else self.x

    def fit(self, model, x, y):
        """Trains on these batches, in the order that they have."""
        model.fit(
            x,
            y,
            batch_size=self.batch,
            epochs=self.epochs,
            shuffle=False,
            verbose=0,
        )


def fit(model, setting, needs):
    """Trains what a method built."""
    setting.fit(model, setting.inputs(needs), setting.y)


@dataclasses.dataclass(frozen=True)
class Task:
    """One comparison.

    Attributes:
        name: Its key.
        title: What is compared, a phrase.
        setting: Called with `(seed, budget)`; returns a `Setting`.
        provides: What batches carry beyond inputs and labels, in the words
            of a card's `needs`.
        kinds: Of teachers that there are.
        sections: Sections whose methods enter; all but `APART` if empty.
        also: Keys of methods that enter besides.
        fit: Called with what a method built, the setting and the card's
            `needs`.
        judged: Whether the teacher knows all classes that are scored, so that
            there is an agreement and a gap.
        classes: How many are scored.
        settings_of: Name of the task on whose eval split the methods' hyper-
            parameters are chosen, where these two share methods; its own if
            empty. Controls always choose on their own.
    """

    name: str
    title: str
    setting: Callable
    provides: frozenset = frozenset({"index"})
    kinds: tuple = KINDS
    sections: tuple = ()
    also: tuple = ()
    fit: Callable = fit
    judged: bool = True
    classes: int = 10
    settings_of: str = ""
