"""What every model that trains a student does: save, load, stop at NaN."""

import importlib
import json
import os
import zipfile

import keras
import numpy as np

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.callbacks import StopAtNonFinite
from tfkd.errors import InputError
from tfkd.teachers import reference
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class StudentTrainer(keras.Model):
    """A Keras model that trains `student` and holds no teacher's weights.

    What a method builds can be saved as `.keras` and loaded again: the file
    holds the method, its arguments, the student, and a reference to the
    teacher. Subclasses that are built in other ways implement `parts` and
    `from_parts`.

    Attributes:
        recipe: How a method built it (`method`, `teacher`, `student`,
            `arguments`), or `None`.
    """

    recipe = None
    # Rebuilt teachers that wait for their weights.
    _missing = Untracked(models=[])
    _fitting = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The student knows in which precision it reads.
        self.autocast = False

    def _labelled(self, y, sample_weight):
        """Labels and weights for metrics, which leave -1 out."""
        if y is not None and batch_lib.is_sparse(self.loss):
            return batch_lib.hide_unlabelled(y, sample_weight)
        return y, sample_weight

    def _learned(self, y, sample_weight):
        """The same for the loss, which may leave -1 out by itself."""
        if batch_lib.ignores_unlabelled(self.loss):
            return y, sample_weight
        return self._labelled(y, sample_weight)

    def parts(self):
        """Returns a config of what the constructor was given.

        Raises:
            InputError: If this model can only be saved when a method built
                it.
        """
        raise InputError(
            f"{type(self).__name__} can be saved as .keras when a method "
            "built it: tfkd.methods.get(key).build(...). Save "
            "distiller.student, or use save_weights."
        )

    @classmethod
    def from_parts(cls, parts):
        """Returns a new model from what `parts` returned."""
        raise NotImplementedError(f"{cls.__name__} must implement it.")

    def get_config(self):
        config = {"name": self.name}
        if self.recipe is None:
            return {**config, "parts": self.parts()}
        recipe = self.recipe
        student = keras.tree.map_structure(
            reference.architecture, recipe.student
        )
        return {
            **config,
            "method": recipe.method,
            "student": student,
            "given": reference.pack(
                {"teacher": recipe.teacher, "arguments": recipe.arguments}
            ),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        if "parts" in config:
            return cls.from_parts(config["parts"])
        given, models = reference.unpack(config["given"])
        # The registry lies above this module: it is looked up when a file
        # names a method, so that no import points upwards.
        methods = importlib.import_module("tfkd.methods")
        model = methods.get(config["method"]).build(
            teacher=given["teacher"],
            student=keras.saving.deserialize_keras_object(config["student"]),
            **given["arguments"],
        )
        model.name = config["name"]
        model.expect_teachers(models)
        return model

    def expect_teachers(self, models=()):
        """Notes which teachers were rebuilt without their weights.

        Args:
            models: Those that are known; the teachers below are added.
        """
        layers = list(self._flatten_layers())
        for layer in layers:
            frozen = getattr(layer, "model", None)
            if isinstance(frozen, keras.Model):
                models = [*models, frozen]
        # The weights of a model that is trained come from the file.
        trained = {id(layer) for layer in layers}
        self._missing = Untracked(
            models=[model for model in models if id(model) not in trained]
        )

    def set_teacher(self, *teachers):
        """Gives back the teachers that a checkpoint only refers to.

        Args:
            *teachers: The models, in any order.

        Raises:
            InputError: If the weights of one are not those of any teacher
                that this model was saved with.
        """
        reference.supply(self._missing.models, teachers)

    def _seeds(self):
        """States of random generators, which Keras stores nowhere."""
        states = {}
        for layer in self._flatten_layers():
            for generator in layer._seed_generators:
                states.setdefault(id(generator), generator.state)
        return {f"seed{n}": state for n, state in enumerate(states.values())}

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for name, state in self._seeds().items():
            store[name] = np.array(state)

    def load_own_variables(self, store):
        states = self._seeds()
        for name in states.keys() & store.keys():
            states[name].assign(store[name])
        own = {name: store[name] for name in store.keys() - states.keys()}
        super().load_own_variables(own)

    def get_compile_config(self):
        # A loaded optimizer is built, so the saved one must be.
        optimizer = getattr(self, "optimizer", None)
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.trainable_variables)
        return super().get_compile_config()

    def compile_from_config(self, config):
        # Keras skips this for models with a `compile` of their own.
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    def build_from_config(self, config):
        """Does nothing: it was built from its models."""

    def make_train_function(self, force=False):
        # TensorFlow traces a step twice if the first trace makes variables.
        if self.optimizer is not None and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        return super().make_train_function(force)

    def check_batches(self, x, batch_size):
        """Checks what `fit` is given, before any work.

        Raises:
            InputError: If batches of this size cannot be trained on.
        """

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        **kwargs,
    ):
        """Trains as `keras.Model.fit`; stops where a loss is not finite.

        Raises:
            InputError: Naming the part of the loss and the step; or if the
                batches do not suit the method.
        """
        self.check_batches(x, batch_size)
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = callbacks.callbacks
        # First, so that no other callback stores what is broken.
        callbacks = [StopAtNonFinite(), *as_list(callbacks)]
        metrics = self._compile_metrics
        if metrics is not None and not metrics.built:
            # They make variables at the first labels that they see, for
            # which a step that was traced without labels has no place.
            self.train_function = None
        self._fitting = True
        try:
            return super().fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                **kwargs,
            )
        finally:
            self._fitting = False


def as_list(value):
    """Returns a list of what is given, alone or as a list; none for `None`."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def load(path, *, teacher=None):
    """Loads a `.keras` file of a distiller.

    Unlike `keras.saving.load_model` alone, it imports the method that built
    the model first, and connects the teacher.

    Args:
        path: The file.
        teacher: The teacher, or a list of them; without it the distiller
            predicts and evaluates, and does not train until `set_teacher`.

    Returns:
        The distiller, compiled as it was.

    Raises:
        InputError: If the file holds another model, or the teacher is
            another one.
    """
    with zipfile.ZipFile(path) as file:
        found = json.loads(file.read("config.json"))
    config = found["config"]
    if not {"method", "parts"} & set(config):
        raise InputError(
            f"{os.fspath(path)!r} must hold what tfkd trains students with, "
            f"and holds a {found['class_name']}. Load other models with "
            "keras.saving.load_model."
        )
    methods = importlib.import_module("tfkd.methods")
    if "method" in config:
        _ = methods.get(config["method"]).module
    teachers = as_list(teacher)
    with reference.available(*teachers):
        model = keras.saving.load_model(path, safe_mode=True)
    known = {id(m) for m in model._missing.models}
    model.set_teacher(*(t for t in teachers if id(t) not in known))
    return model
