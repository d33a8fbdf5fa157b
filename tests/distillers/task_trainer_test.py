import keras
import numpy as np

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.distillers.task_trainer import TaskTrainer


class Plain(TaskTrainer):
    def __init__(self, student):
        super().__init__()
        self.student = student
        self.built = True


def test_an_example_without_a_label_counts_nothing():
    x, y = batch()
    known = y != 3
    model = Plain(dense())
    model.compile(keras.optimizers.SGD(0.0), SPARSE, metrics=["accuracy"])
    found = model.evaluate(
        x, np.where(known, y, -1), verbose=0, return_dict=True
    )
    logits = model.student.predict(x, verbose=0)[known]
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    own = log_p[np.arange(known.sum()), y[known]]
    # Keras divides the sum by all examples of the batch.
    np.testing.assert_allclose(found["loss"], -own.sum() / len(y), rtol=1e-5)


def test_views_are_the_students():
    x, _ = batch()
    model = Plain(dense())
    np.testing.assert_array_equal(
        model({"student": x, "index": np.arange(8)}), model.student(x)
    )
