import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tests.conformance.cases import face
from tfkd import methods
from tfkd.errors import InputError
from tfkd.losses import KnownMaps


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {
        "teacher": None,
        "student": face.landmark_detector(),
        "filters": (4, 4),
        **arguments,
    }
    return methods.get("ts3_landmark").build(**arguments)


def test_good_pseudo_labels_of_the_last_round_are_followed():
    model = build(threshold=0.0, round_steps=5, pseudo_weight=3.0)
    task, judged = model.distillation_losses
    random = np.random.default_rng(0)
    m, s = random.uniform(size=(2, 2, 1, 8, 8, 2)).astype("float32")
    image = random.uniform(size=(1, 8, 8, 1)).astype("float32")
    student = {"logits": s[0], "peer1": s[1], "rescaled": image}
    teacher = {"logits": m[0], "peer1": m[1]}
    unknown = np.full((1, 8, 8, 2), -1, "float32")
    # Three times the sum of both students' mean squares, not in round one.
    expected = 3 * np.mean((s - m) ** 2, axis=(2, 3, 4)).sum()
    found = [
        judged(teacher, student, labels=unknown, step=step)[0]
        for step in (4, 5)
    ]
    np.testing.assert_allclose(found, [0, expected], rtol=1e-5)
    np.testing.assert_array_equal(task({}, student, labels=unknown), [0])
    # Of a known image, the second student's mean square.
    known = np.abs(unknown)
    expected = np.mean((s[1] - 1) ** 2)
    found = task({}, student, labels=known)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_pseudo_labels_are_those_of_the_last_round():
    model = build(round_steps=2)
    model.compile(keras.optimizers.SGD(0.1), KnownMaps(), run_eagerly=True)
    x, y = face.landmarks(count=6)
    kernels = []
    for _ in range(2):
        model.fit(x, y, verbose=0)
        copy = model.teacher.copy.get_layer("stage1").kernel
        own = model.student.get_layer("stage1").kernel
        kernels.append((np.array(copy), np.array(own)))
    assert not np.array_equal(*kernels[0])
    np.testing.assert_array_equal(*kernels[1])


def test_the_teacher_learns_which_maps_are_good():
    judge = build().distillation_losses[1]
    x, y = face.landmarks(count=63)
    known = np.max(y, axis=(1, 2, 3)) > 0
    image, truth = x[known] / 16, y[known]
    # What is right in half of the images, and empty in the others.
    good = np.arange(len(truth)) % 2 == 0
    maps = np.where(good[:, None, None, None], truth, 0 * truth)
    optimizer = keras.optimizers.Adam(0.01)
    for step in range(60):
        taps = {"logits": maps, "peer1": maps, "rescaled": image}
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(judge(taps, taps, labels=truth, step=step))
        weights = judge.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)
    quality = np.array(judge.quality(image, maps))
    assert quality[good].min() > quality[~good].max()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"student": cases.student()}, "a student that makes maps"),
        ({"round_steps": 0}, "round_steps of ts3_landmark"),
        ({"threshold": 1.0}, "threshold of judged_maps"),
        ({"teacher": [face.landmark_detector()] * 2}, "peers of ts3"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
