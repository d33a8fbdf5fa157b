"""Builds methods and runs them for a few steps, reproducibly."""

import contextlib
import dataclasses
import functools

import keras
import numpy as np

from tests.conformance import cases
from tfkd import methods


def seed(number=0):
    """Starts from the same generators and layer names every time."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(number)


def build(key, *, teacher=None, student=None, **arguments):
    """Builds a method on its case's models."""
    case = cases.of(key)
    options = methods.get(key).card.get("options", {})
    teacher = case.teacher() if teacher is None else teacher
    student = case.student() if student is None else student
    return methods.get(key).build(
        teacher=teacher,
        student=student,
        **{**options, **case.options, **arguments},
    )


def compiled(key, model, **arguments):
    """Compiles a built method; eagerly unless told otherwise."""
    model.compile(
        **{
            "optimizer": keras.optimizers.Adam(1e-3),
            "loss": cases.of(key).loss,
            "run_eagerly": True,
            **arguments,
        }
    )
    return model


def fit(key, model, epochs=1, count=cases.EXAMPLES):
    """Trains on full batches and an odd last one; returns the logs."""
    x, y = cases.of(key).data(cases.needs(key), count)
    history = model.fit(
        x,
        y,
        batch_size=cases.BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    )
    return {name: values for name, values in history.history.items()}


def first_examples(key, count=cases.BATCH):
    """Returns the case's first examples, which repeat if there are fewer."""
    x, y = cases.of(key).data(cases.needs(key), cases.EXAMPLES)
    rows = np.arange(count) % cases.EXAMPLES
    return keras.tree.map_structure(lambda a: a[rows], (x, y))


def copy(variables):
    """Returns the values of variables by path."""
    return {
        f"{number}:{variable.path}": np.array(variable)
        for number, variable in enumerate(variables)
    }


def state(model):
    """Everything that a model keeps, besides the sums of its metrics."""
    metrics = {id(variable) for variable in model.metrics_variables}
    return copy(v for v in model.variables if id(v) not in metrics)


def models_in(value):
    """Returns the Keras models in what is given as `teacher`, each once."""
    found = []
    for part in keras.tree.flatten(value):
        if isinstance(part, keras.Model):
            found.append(part)
        elif hasattr(part, "model"):
            found.append(part.model)
        elif hasattr(part, "members"):
            found += [m for p in part.members for m in models_in(p)]
    return list({id(model): model for model in found}.values())


@contextlib.contextmanager
def counted_calls(model):
    """Yields a list that grows by one with each run of the model's layers.

    The first layer with weights is counted: it runs once in every forward
    pass, whichever taps are read.
    """
    layer = next(
        part
        for part in model._flatten_layers(include_self=False)
        if part.weights and not isinstance(part, keras.Model)
    )
    calls, original = [], layer.call

    @functools.wraps(original)
    def call(*args, **kwargs):
        calls.append(1)
        return original(*args, **kwargs)

    object.__setattr__(layer, "call", call)
    try:
        yield calls
    finally:
        object.__delattr__(layer, "call")


@dataclasses.dataclass
class Run:
    """Facts of one short eager training."""

    model: object
    teachers: list
    student: object
    teacher_before: list
    teacher_after: list
    student_before: dict
    before: dict
    after: dict
    logs: dict
    student_calls: int
    steps: int
    final: dict


@functools.lru_cache(maxsize=1)
def run(key):
    """Trains a method once; the checks of one method share it."""
    return _train(key)


@functools.lru_cache(maxsize=1)
def second_run(key):
    """Trains it once more from the same seed, for those that change it."""
    return _train(key)


def _train(key):
    case = cases.of(key)
    seed()
    teacher, student = case.teacher(), case.student()
    teachers = models_in(teacher)
    teacher_before = [m.get_weights() for m in teachers]
    student_before = copy(student.weights)
    model = compiled(key, build(key, teacher=teacher, student=student))
    before = copy(model.trainable_variables)
    with counted_calls(student) as calls:
        logs = fit(key, model, case.epochs)
    return Run(
        model=model,
        teachers=teachers,
        student=student,
        teacher_before=teacher_before,
        teacher_after=[m.get_weights() for m in teachers],
        student_before=student_before,
        before=before,
        after=copy(model.trainable_variables),
        logs=logs,
        student_calls=len(calls),
        steps=case.epochs * -(-cases.EXAMPLES // cases.BATCH),
        final=state(model),
    )
