"""A training that first looks for the network to train."""

import dataclasses
import logging

import keras
import numpy as np

from tfkd import checks
from tfkd.distillers import batch as batch_lib
from tfkd.distillers.chain import Chain
from tfkd.errors import InputError
from tfkd.models import reductions
from tfkd.teachers import reference


@dataclasses.dataclass(frozen=True, eq=False)
class Judges:
    """Examples that no trial is trained on, the same for all of a search.

    Attributes:
        images: What networks see.
        labels: Their classes.
    """

    images: np.ndarray
    labels: np.ndarray

    def accuracy(self, model):
        """Share of right answers of a network."""
        answers = model.predict(self.images, batch_size=256, verbose=0)
        return float(np.mean(np.argmax(answers, axis=-1) == self.labels))


@dataclasses.dataclass
class Trial:
    """What is known of a network that was tried.

    Attributes:
        model: The network, as it was trained for a short time.
        judges: Examples that it was not trained on.
    """

    model: keras.Model
    judges: Judges

    def accuracy(self):
        """Share of the judges that it answers rightly."""
        return self.judges.accuracy(self.model)

    @property
    def parameters(self):
        """Number of trainable weights."""
        return reductions.parameters(self.model)


@keras.saving.register_keras_serializable("tfkd")
class ArchitectureSearch(Chain):
    """Tries networks for a short time, and trains the best one.

    `fit` holds some labelled examples of its arrays out, trains each network
    that a search proposes on the others for `trial_epochs`, and gives its
    reward back to the search. What comes out is trained on all examples, as
    `fit` says, and is the `student` from then on. A further `fit` goes on
    with it, and looks for no other.

    Args:
        student: Where the search starts.
        search: Called with the student; returns a search, see
            `tfkd.distillers.searches`.
        trainer: Called with a network; returns what trains it, not compiled.
        trial_epochs: At least 1.
        held_out: Share of the labelled examples that judge, in (0, 1).
        least: How many must judge.
        seed: Of what is held out.
        name: Name of the model.

    Attributes:
        student: The network that was found; before, where it starts.
        trials: Name of a network to its reward, in the order of trials.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(
        self,
        *,
        student,
        search,
        trainer,
        trial_epochs,
        held_out=0.2,
        least=1,
        seed=0,
        name="architecture_search",
    ):
        super().__init__(
            [lambda _: trainer(self.student)], student=student, name=name
        )
        checks.whole(1, trial_epochs=trial_epochs)
        if not 0 < held_out < 1:
            raise InputError(
                f"held_out must be in (0, 1), received {held_out!r}."
            )
        self._search, self._trainer = search, trainer
        self.trial_epochs = int(trial_epochs)
        self.held_out = float(held_out)
        self.least = least
        self.seed = seed
        self.found = False
        self.trials = {}

    def fit(self, x=None, y=None, batch_size=None, **kwargs):
        """Looks for a network the first time, then trains it.

        Args:
            x: Inputs, an array or a dict of views.
            y: Class numbers, `(examples,)`; -1 is unlabelled.
            batch_size: See `keras.Model.fit`.
            **kwargs: See `keras.Model.fit`.

        Raises:
            InputError: If x and y are no arrays, or too few examples have a
                label.
        """
        if not self.found:
            self.search(x, y, batch_size=batch_size)
        return super().fit(x, y, batch_size=batch_size, **kwargs)

    def search(self, x, y, *, batch_size=None):
        """Sets `student` to the best network that was tried; see `fit`."""
        kept, held_out = self._split(x, y)
        judges = Judges(
            images=batch_lib.views(x).student[held_out],
            labels=np.asarray(y).reshape(-1)[held_out],
        )
        rows = np.flatnonzero(kept)

        def attempt(name, make, reward):
            if name not in self.trials:
                model = make()
                self._train(
                    self._trainer(model),
                    keras.tree.map_structure(lambda a: a[rows], x),
                    np.asarray(y)[rows],
                    batch_size=batch_size,
                    epochs=self.trial_epochs,
                    verbose=0,
                )
                trial = Trial(model, judges)
                self.trials[name] = float(reward(trial))
                logging.info("%s: reward %.3f", name, self.trials[name])
            return self.trials[name]

        self._take(self._search(self.student).run(attempt))

    def _take(self, model):
        # Keras keeps what an attribute was before, and would save it, too.
        self._tracker.untrack(self.student)
        self.student = model
        self.found = True

    def _split(self, x, y):
        """Which examples are trained on in trials, and which judge."""
        arrays = [*keras.tree.flatten(x), y]
        if not all(isinstance(a, np.ndarray) for a in arrays):
            raise InputError(
                "A search holds examples out and needs x and y as NumPy "
                f"arrays, received {[type(a).__name__ for a in arrays]}."
            )
        labelled = np.flatnonzero(y.reshape(-1) >= 0)
        count = round(self.held_out * len(labelled))
        if y.size != len(y) or not self.least <= count < len(labelled):
            raise InputError(
                f"Of the labelled examples a share of {self.held_out} judges, "
                f"at least {self.least} and not all, with one class number "
                f"each; received labels of shape {y.shape}, of which "
                f"{len(labelled)} are known. Label more, or change held_out."
            )
        random = np.random.default_rng(self.seed)
        judges = random.choice(labelled, count, replace=False)
        return np.isin(np.arange(len(y)), judges, invert=True), judges

    def get_config(self):
        config = super().get_config()
        if self.found:
            config["found"] = reference.architecture(self.student)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        found = config.pop("found", None)
        model = super().from_config(config)
        if found is not None:
            model._take(keras.saving.deserialize_keras_object(found))
        return model
