import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("rel_teacher").build(
        teacher=network((5,)), student=network((3,)), **arguments
    )


def parts(teacher, student, labels, **arguments):
    """Means over the batch of the relative and of the triplet loss."""
    return [
        np.mean(part({"embedding": teacher}, {"embedding": student}, labels))
        for part in build(**arguments).distillation_losses
    ]


def test_both_parts_by_hand():
    # Distances 3, 4, 5 against 3, 6, 3 (on a line at 0, 3 and 6).
    teacher = np.array([[0, 0], [3, 0], [0, 4]], "float32")
    student = np.array([[0.0], [3.0], [6.0]], "float32")
    labels = np.array([0, 0, 1])
    # Gaps 0, 2, 2, each in two orders, over 3^2. Triplets of 0: 3 - 6, of 1:
    # 3 - 3, with the margin 1.
    found = parts(teacher, student, labels, margin=1.0)
    np.testing.assert_allclose(found, [8 / 9, (0 + 1) / 2], rtol=1e-6)
    # The squares of the gaps.
    found = parts(teacher, student, labels, p=2)
    np.testing.assert_allclose(found[0], 16 / 9, rtol=1e-6)


def test_moving_and_turning_cost_nothing_and_scaling_does():
    # Unlike rkd, which compares distances relative to their mean.
    teacher = RANDOM.normal(size=(6, 3)).astype("float32")
    turned = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0].astype("float32")
    labels = np.arange(6) % 2
    moved = teacher @ turned + np.float32(2)
    np.testing.assert_allclose(parts(teacher, moved, labels)[0], 0, atol=1e-5)
    distances = np.linalg.norm(teacher[:, None] - teacher[None], axis=-1)
    found = parts(teacher, 2 * teacher, labels)[0]
    np.testing.assert_allclose(found, distances.mean(), rtol=1e-5)


def test_unlabelled_examples_are_related_and_in_no_triplet():
    teacher, student = RANDOM.normal(size=(2, 5, 3)).astype("float32")
    hidden = parts(teacher, student, -np.ones(5, "int32"))
    shown = parts(teacher, student, np.array([0, 0, 1, 1, 2]))
    assert hidden[0] == shown[0] > 0
    assert hidden[1] == 0 < shown[1]


def test_a_model_for_batches_of_one_is_told():
    inputs = keras.Input(batch_shape=(1, 4))
    x = keras.layers.Dense(3, name="embedding")(inputs)
    with pytest.raises(InputError, match="batches of two or more"):
        methods.get("rel_teacher").build(
            teacher=keras.Model(inputs, x), student=network((3,))
        )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"p": 3}, "p of 1 or 2"),
        ({"margin": -1.0}, "0 <= margin"),
        ({"mining": "soft"}, "no mining of triplets"),
        ({"triplet_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
