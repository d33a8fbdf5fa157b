import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError


def tasks(count, seed):
    """Classes of points by the sign of one of two coordinates."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 8, 5)).astype("float32")
    chosen = random.integers(2, size=count)
    y = (x[np.arange(count), :, chosen] > 0).astype("int64")
    return x.reshape(-1, 5), y.reshape(-1)


def path_length(student, twin, x, y):
    """Length of one task's path over its loss surface, in NumPy's hands."""
    twin.set_weights(student.get_weights())
    points = []
    for _ in range(4):
        loss = twin.test_on_batch(x, y)
        weights = np.concatenate([w.ravel() for w in twin.get_weights()])
        points.append(np.append(weights, loss))
        twin.train_on_batch(x, y)
    return np.sum(np.linalg.norm(np.diff(points, axis=0), axis=1))


def test_paths_on_tasks_become_shorter():
    student = dense(classes=2)
    model = methods.get("leap").build(
        teacher=None, student=student, inner_steps=4, inner_learning_rate=0.5
    )
    model.compile(keras.optimizers.SGD(0.1), SPARSE)
    twin = keras.models.clone_model(student)
    twin.compile(keras.optimizers.SGD(0.5), SPARSE)
    parts = [tasks(1, seed) for seed in range(1, 13)]
    before = np.mean([path_length(student, twin, *part) for part in parts])
    model.fit(
        *tasks(40, seed=0), batch_size=8, epochs=3, shuffle=False, verbose=0
    )
    after = np.mean([path_length(student, twin, *part) for part in parts])
    assert after < 0.95 * before


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": dense()}, "needs no teacher"),
        ({"inner_steps": 1}, "A path has two ends"),
        ({"distance": "squared"}, "distance must be one of"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        methods.get("leap").build(
            **{"teacher": None, "student": dense(), **arguments}
        )
