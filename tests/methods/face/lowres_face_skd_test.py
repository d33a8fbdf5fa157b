import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("lowres_face_skd").build(
        teacher=network((5,)), student=network((5,)), **arguments
    )


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def written_out(t, labels, smoothness, sweeps):
    """The selection, by loops."""
    e = unit(t)
    centres = {k: unit(e[labels == k].sum(axis=0)) for k in set(labels)}
    q = np.array(
        [
            e[i] @ centres[y]
            - max(e[i] @ centres[k] for k in centres if k != y)
            for i, y in enumerate(labels)
        ]
    )
    a = (q > 0).astype(int)
    for _ in range(sweeps):
        pull = np.zeros(len(t))
        for i, j in np.ndindex(len(t), len(t)):
            if i != j and labels[i] == labels[j]:
                pull[i] += max(0, e[i] @ e[j]) * (2 * a[j] - 1)
        a = (q + smoothness * pull > 0).astype(int)
    return a


def test_regresses_the_features_that_the_graph_selects():
    random = np.random.default_rng(0)
    t = random.normal(size=(9, 5)).astype("float32")
    s = random.normal(size=(9, 5)).astype("float32")
    labels = np.array([0, 1, 2] * 3)
    chosen = written_out(t, labels, smoothness=0.5, sweeps=2)
    assert 0 < chosen.sum() < 9
    expected = np.mean((t - s) ** 2, axis=1)[chosen == 1].mean()
    (loss,) = build(smoothness=0.5, sweeps=2).distillation_losses
    taps = {"embedding": s, "logits": np.zeros((9, 3), "float32")}
    found = np.mean(loss({"embedding": t}, taps, labels))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_teacher_sees_faces_of_its_own_resolution():
    student = models.build("mlp", input_shape=(2,), num_classes=3, units=(4,))
    model = methods.get("lowres_face_skd").build(
        teacher=network((5,)), student=student
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x = {"student": np.ones((6, 2)), "teacher": np.ones((6, 4))}
    logs = model.fit(x, np.array([0, 1, 2] * 2), verbose=0).history
    assert np.isfinite(logs["informative_features"][0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student_tap": "no_such"}, "no_such"),
        ({"smoothness": -1.0}, "A selection needs"),
        ({"sweeps": -1}, "A selection needs"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
