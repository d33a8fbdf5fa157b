import numpy as np

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.data import stored
from tfkd.data import tap_formats
from tfkd.training import distil
from tfkd.training import run_data

X, Y = batch()


def batch_of(method):
    """What a batch of a method carries where the teacher's logits are stored.

    `X` stands for the images.
    """
    logits = tap_formats.Dense(tap="logits", shape=(4,), dtype="float32")
    task = distil.Task(
        info={},
        train=run_data.Split(np.array(["id"] * 8), X, Y),
        evaluation=None,
        student={},
        settings={},
        method=method,
        cached=stored.Stored(
            ids=np.array(["id"] * 8),
            fingerprints=np.zeros(8, np.int32),
            formats=[logits],
            fields=logits.encode(np.zeros((8, 4))),
        ),
    )
    model = methods.get(method).build(teacher=dense((9,)), student=dense())
    return distil._inputs_of(task, model).arrays()


def test_stored_answers_stand_for_a_teacher_that_always_answers_alike():
    assert set(batch_of("hinton_kd")) == {"student", "cached"}


def test_a_teacher_that_answers_otherwise_each_time_runs():
    np.testing.assert_array_equal(batch_of("noisy_teacher"), X)
