"""Several trainings one after the other."""

import copy

import keras

from tfkd.distillers.task_trainer import TaskTrainer
from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class Chain(TaskTrainer):
    """Trains stages in order; each may use the student of the one before.

    `fit` trains every stage with the same arguments and a new optimizer of
    the compiled configuration.

    Args:
        stages: Callables from the previous stage's student (`None` at first)
            to a Keras model with `fit` and `student`, not compiled.
        student: The model that the last stage trains.
        name: Name of the model.

    Attributes:
        stages: As given, a tuple.
        student: The last stage's student, a plain Keras model.
        histories: One `keras.callbacks.History` a finished stage.
    """

    def __init__(self, stages, *, student, name="chain", **kwargs):
        super().__init__(name=name, **kwargs)
        if not stages:
            raise InputError("A chain needs at least one stage, received none.")
        self.stages = tuple(stages)
        self._compile_arguments = None
        self.student = student
        self.histories = []
        self.built = True

    def compile(self, optimizer="rmsprop", loss=None, **kwargs):
        super().compile(optimizer=optimizer, loss=loss, **kwargs)
        self._compile_arguments = {"loss": loss, **kwargs}

    def fit(self, *args, **kwargs):
        """Trains all stages; returns the last one's history."""
        self.histories = []
        previous = None
        for stage in self.stages:
            model = stage(previous)
            self.histories.append(self._train(model, *args, **kwargs))
            previous = model.student
        return self.histories[-1]

    def _train(self, model, *args, **kwargs):
        """Fits a stage with a new optimizer; returns its history."""
        if self._compile_arguments is None:
            raise InputError("Call compile(...) before fit(...).")
        # Keras takes a wrapped optimizer out of the config.
        config = copy.deepcopy(keras.optimizers.serialize(self.optimizer))
        model.compile(
            optimizer=keras.optimizers.deserialize(config),
            **self._compile_arguments,
        )
        return model.fit(*args, **kwargs)
