"""Conformance cases of reinforcement learning."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.losses import CategoricalReturns

# Also of the other methods that look for their student.
SEARCH = Case(
    exempt=dict.fromkeys(
        (
            "the_student_is_trained_in_place",
            "swapping_the_roles_changes_what_is_trained",
        ),
        "what is trained is a network that it finds",
    )
)
ATOMS = 5


def agent():
    """A network to a value distribution of each action."""
    inputs = keras.Input(base.SHAPE)
    x = keras.layers.Rescaling(1 / 16)(inputs)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="stage1")(x)
    x = keras.layers.GlobalAveragePooling2D(name="embedding")(x)
    x = keras.layers.Dense(base.CLASSES * ATOMS, name="scores")(x)
    logits = keras.layers.Reshape(
        (base.CLASSES, ATOMS), name="distributions", dtype="float32"
    )(x)
    return keras.Model(inputs, logits, name="agent")


def returns(needs=(), count=base.EXAMPLES):
    """States, with an action and its return; some have none."""
    x, y = base.images(count)
    action = np.where(np.arange(count) % 5 == 3, -1, y)
    value = np.random.default_rng(2).uniform(size=count)
    return x, np.stack([action, value], axis=1).astype("float32")


CASES = {
    "n2n": SEARCH,
    "ltcr": Case(
        teacher=no_teacher,
        student=agent,
        data=returns,
        loss=CategoricalReturns(),
    ),
    "piekd": Case(teacher=no_teacher),
}
