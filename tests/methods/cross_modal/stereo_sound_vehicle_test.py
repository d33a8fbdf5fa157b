import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def detector(size, features=2, anchors=3, classes=1):
    """A network to a box and scores of each anchor."""
    inputs = keras.Input((size,))
    x = keras.layers.Dense(features, name="stage1")(inputs)
    x = keras.layers.Dense(anchors * (4 + classes))(x)
    return keras.Model(inputs, keras.layers.Reshape((anchors, -1))(x))


def build(**arguments):
    arguments = {"teacher": detector(4), "student": detector(3), **arguments}
    return methods.get("stereo_sound_vehicle").build(**arguments)


def test_sound_is_nearer_to_its_own_frame_by_a_margin():
    # Of the first: 1 from its own frame, 2 from the other: 0.5 + 1 - 2 < 0.
    # Of the second: ||(1, 1) - (-2, 0)|| = sqrt(10) from its own, 1 from the
    # other: 0.5 + sqrt(10) - 1.
    frames = {"stage1": np.float32([[1, 0], [-2, 0]])}
    sounds = {"stage1": np.float32([[0, 0], [1, 1]])}
    ranking = build().distillation_losses[1]
    found = ranking(frames, sounds)
    np.testing.assert_allclose(found, [0.0, 0.5 + np.sqrt(10) - 1], rtol=1e-5)


def test_what_the_teacher_is_sure_of_is_what_the_student_must_find():
    boxes = build(threshold=0.8).distillation_losses[0]
    teacher, student = RANDOM.normal(size=(2, 2, 3, 5)).astype("float32")
    teacher[..., 4] = [[2.0, -2.0, 1.0], [-1.0, -1.0, -1.0]]
    # sigmoid(2) = 0.88 alone is over 0.8: P = 1 in both, as 1 is the least.
    found = boxes({"outputs": teacher}, {"outputs": student})
    s = student[..., 4].astype("float64")
    target = np.array([[1, 0, 0], [0, 0, 0]])
    cross = np.log1p(np.exp(s)) - target * s
    gap = np.abs(teacher[0, 0, :4] - student[0, 0, :4])
    huber = np.where(gap > 1, gap - 0.5, gap**2 / 2)
    expected = cross.sum(axis=1) + [huber.sum(), 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_learns_without_labels():
    teacher, student = detector(4), detector(3)
    scene = RANDOM.normal(size=(64, 3)).astype("float32")
    frames = np.concatenate([scene, np.ones((64, 1), "float32")], axis=1)
    distiller = build(teacher=teacher, student=student)
    distiller.compile(keras.optimizers.Adam(0.02), None, jit_compile=False)
    x = {"student": scene, "teacher": frames}
    logs = distiller.fit(x, epochs=15, verbose=0).history
    for part in ("pseudo_boxes", "feature_ranking"):
        assert logs[part][-1] < 0.8 * logs[part][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": detector(4, anchors=2)}, "same anchors and classes"),
        ({"teacher": detector(4, features=3)}, "embeddings of one width"),
        ({"threshold": 0.0}, "threshold in"),
        ({"margin": -1.0}, "margin must be"),
        ({"ranking_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
