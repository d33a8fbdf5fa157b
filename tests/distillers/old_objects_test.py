import keras
import numpy as np
import pytest

from tfkd.distillers import OldObjectsDistiller
from tfkd.errors import InputError
from tfkd.losses import RegionMatch
from tfkd.losses import SoftTargets
from tfkd.models.grown_detector import grow_detector
from tfkd.tasks import detection

ANCHORS = detection.anchors()


def network():
    return detection.model(num_classes=3, filters=(2, 3, 4), neck=4)


def build(**arguments):
    teacher = network()
    arguments = {
        "teacher": teacher,
        "student": grow_detector(teacher, 2),
        "anchors": ANCHORS,
        "distillation_losses": RegionMatch(read="boxes", weight=0.0),
        **arguments,
    }
    return OldObjectsDistiller(**arguments)


def answers():
    """A sure object at anchor 9, a likely one at 3, in the second image."""
    outputs = np.zeros((2, len(ANCHORS), 7), "float32")
    outputs[..., 4:] = -9
    outputs[1, 9, 5] = 4
    outputs[1, 3, 4] = 1
    return outputs


def test_a_row_for_each_confident_anchor():
    rows = np.asarray(build(threshold=0.8, limit=2).old_objects(answers()))
    assert rows.shape == (2, 2, 5)
    np.testing.assert_array_equal(rows[0, :, 4], [-1, -1])
    # sigmoid(4) = 0.98 >= 0.8 > sigmoid(1) = 0.73.
    np.testing.assert_array_equal(rows[1, :, 4], [-2, -1])
    np.testing.assert_allclose(rows[1, 0, :4], ANCHORS[9], atol=1e-5)


def test_old_objects_cost_the_student_nothing():
    model = build(threshold=0.01, limit=len(ANCHORS), student_loss_weight=1.0)
    model.compile("sgd", detection.loss(), run_eagerly=True)
    # At the start a score is 0.01 or a little more or less; this one is not.
    head = model.teacher.model.get_layer("scores")
    head.bias.assign(head.bias + 1.0)
    x, _ = detection.data(2)
    nothing = np.full((2, 3, 5), -1, "float32")
    logs = model.train_on_batch(x, nothing, return_dict=True)
    assert logs["task_loss"] == 0.0
    # Evaluation is that of the labels as they are.
    assert model.evaluate(x, nothing, verbose=0) > 0.0


def test_round_trip():
    model = build(threshold=0.3, limit=5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model)
    )
    assert (copy.threshold, copy.limit) == (0.3, 5)
    np.testing.assert_array_equal(copy.anchors, ANCHORS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threshold": 1.0}, "threshold in"),
        ({"limit": 0}, "a limit >= 1"),
        ({"anchors": ANCHORS[:5]}, "answers for 128 anchors"),
        (
            {
                "distillation_losses": SoftTargets(
                    teacher_tap="fpn", student_tap="fpn"
                )
            },
            "the teacher's tap 'outputs'",
        ),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
