import numpy as np
import pytest

from tests.conformance.cases import detection
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    models = {
        "teacher": detection.detector((4, 6, 8), 8, num_classes=1),
        "student": detection.detector((4, 4, 6), 6, num_classes=1),
    }
    return methods.get("face_detector_kd").build(**{**models, **arguments})


def test_scores_follow_where_they_differ_more_than_a_threshold():
    model = build(background_threshold=0.4, face_threshold=0.1, weight=2.0)
    (loss,) = model.distillation_losses
    q, p = np.array([0.1, 0.1, 0.9, 0.9]), np.array([0.4, 0.7, 0.7, 0.85])
    q_answers, p_answers = np.zeros((2, 1, 4, 5), "float32")
    q_answers[0, :, 4] = np.log(q / (1 - q))
    p_answers[0, :, 4] = np.log(p / (1 - p))
    # Thresholds 0.37 and 0.13; of differences 0.3, 0.6, 0.2 and 0.05 the
    # second and the third count: (0.36 + 0.04) / 2.
    found = loss({"outputs": q_answers}, {"outputs": p_answers})
    np.testing.assert_allclose(found, [0.2], rtol=1e-5)
    assert float(loss.weight(0)) == 2.0


def test_boxes_come_from_the_labels_alone():
    model = build(task_weight=0.0)
    model.compile("sgd", detection.CASES["fgfi"].loss, run_eagerly=True)
    student = model.student
    x, y = detection.boxes(count=4)
    y[..., 4] = np.minimum(y[..., 4], 0)
    boxes = student.get_layer("boxes").get_weights()
    scores = student.get_layer("scores").get_weights()
    model.teacher.model.get_layer("scores").bias.assign(np.zeros(2))
    model.fit(x, y, verbose=0)
    for before, after in zip(boxes, student.get_layer("boxes").get_weights()):
        np.testing.assert_array_equal(before, after)
    after = student.get_layer("scores").get_weights()
    assert not np.array_equal(scores[0], after[0])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"background_threshold": 1.0}, "Thresholds of differences"),
        ({"student": detection.detector((4, 4, 6), 6)}, "the same anchors"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
