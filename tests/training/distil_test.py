import numpy as np

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.training import distil

X, Y = batch()


def views(method):
    """What a batch of a method carries where the teacher's logits are stored.

    `X` stands for the images.
    """
    train = type("Split", (), {"images": X, "labels": Y})
    task = distil.Task(
        info={},
        train=train,
        evaluation=None,
        student={},
        settings={},
        method=method,
        cached={"logits": np.zeros((8, 4), "float32")},
    )
    model = methods.get(method).build(teacher=dense((9,)), student=dense())
    return distil._views(task, model)


def test_stored_answers_stand_for_a_teacher_that_always_answers_alike():
    assert set(views("hinton_kd")) == {"student", "cached"}


def test_a_teacher_that_answers_otherwise_each_time_runs():
    assert views("noisy_teacher") is X
