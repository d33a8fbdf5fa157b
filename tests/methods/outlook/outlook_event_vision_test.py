import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import sources
from tfkd.errors import InputError


def network(channels, classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, channels),
        num_classes=classes,
        filters=(2, 4),
        strides=(1, 2),
    )


def build(classes=3, **arguments):
    return methods.get("outlook_event_vision").build(
        teacher=network(1), student=network(2, classes), **arguments
    )


def test_answers_and_maps_position_by_position():
    soft, maps = build(soft_weight=0.5, feature_weight=2.0).distillation_losses
    assert (soft.name, soft.weight.value) == ("soft_targets", 0.5)
    assert (maps.student_taps, maps.weight.value) == (("stage2",), 2.0)
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 3, 4, 4, 4)).astype("float32")
    r = maps.student_transform
    gap = t - s @ np.asarray(r.kernel) - np.asarray(r.bias)
    found = maps({"stage2": t}, {"stage2": s})
    expected = np.mean(gap**2, axis=(1, 2, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_film_without_labels_teaches():
    random = np.random.default_rng(0)
    frames = random.uniform(size=(8, 8, 8, 1)).astype("float32")
    film = np.stack([frames, np.roll(frames, 1, axis=2)], axis=1)
    model = build()
    model.compile("adam", "sparse_categorical_crossentropy")
    x = {"student": sources.event_stack(film), "teacher": frames}
    logs = model.fit(x, np.full(8, -1), verbose=0).history
    assert logs["task_loss"] == [0.0]
    assert logs["soft_targets"][0] > 0 < logs["maps"][0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"classes": 4}, "the same classes"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"student_tap": "embedding"}, "keeps the rank"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"soft_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
