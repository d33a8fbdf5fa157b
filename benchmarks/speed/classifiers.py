"""Methods on one kind of models, built as the conformance cases say."""

import functools

import keras
import numpy as np

from benchmarks.speed import harness
from tests.conformance import cases
from tfkd import methods
from tfkd.distillers.chain import Chain

# As the conformance cases' images, which value ranges among options expect.
BRIGHTEST = 16.0
# The longest queue or memory among the cases' options has a place for each.
INDICES = 64


def build(key, *, teacher, student):
    """Builds a method.

    Args:
        key: Of the method.
        teacher: Returns a new classifier.
        student: Returns a new classifier.

    Returns:
        The models that are trained, by name of the stage: one, or those of a
        chain; and how many teachers there are.

    Raises:
        NotMeasured: If the method is not for classifiers of images alone, or
            needs models of its own.
    """
    reason = unfit(key)
    if reason is not None:
        raise harness.NotMeasured(reason)
    method, case = methods.get(key), cases.of(key)
    given = case.teacher()
    several = isinstance(given, list)
    count = len(given) if several else int(given is not None)
    teachers = [teacher() for _ in range(count)]
    built = method.build(
        teacher=teachers if several else (teachers[0] if teachers else None),
        student=student(),
        **{**method.card.get("options", {}), **case.options},
    )
    return stages(built), count


@functools.cache
def unfit(key):
    """Returns why a method cannot be built on any classifiers, or `None`."""
    method, case = methods.get(key), cases.of(key)
    if method.section == "data_free":
        return "it makes its own images."
    if method.card.get("task") or case.data is not cases.data:
        return "its data are no images with labels."
    if case.student is not cases.student and (
        _form(case.student()) != _form(cases.student())
    ):
        return "its student is one of its own kind."
    if case.teacher is cases.teacher:
        return None
    for model in keras.tree.flatten(case.teacher()):
        same = model is None or model.output_shape == (None, cases.CLASSES)
        if not same or model and model.input_shape[1:] != cases.SHAPE:
            return "its teachers know other classes."
    return None


def _form(model):
    return [
        (type(layer).__name__, layer.count_params()) for layer in model.layers
    ]


def stages(built):
    """Returns the models of a chain, each as if those before had trained."""
    if not isinstance(built, Chain):
        return {"": built}
    found, previous = {}, None
    for number, stage in enumerate(built.stages, start=1):
        found[f", stage {number}"] = model = stage(previous)
        previous = model.student
    return found


def batch(key, shape, size, classes, seed=0):
    """Returns `(x, y)` with what the method's card says it needs."""
    random = np.random.default_rng(seed)
    images = random.uniform(0, BRIGHTEST, (size, *shape)).astype("float32")
    labels = (np.arange(size) % classes).astype("int32")
    needs, views = cases.needs(key), {"student": images}
    if "views" in needs:
        views["teacher"] = images + 0.5
    if "index" in needs:
        views["index"] = (np.arange(size) % INDICES).astype("int32")
    if "unlabelled" in needs:
        labels[::3] = -1
    return (views if len(views) > 1 else images), labels
