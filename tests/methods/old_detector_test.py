import pytest

from tfkd.errors import InputError
from tfkd.methods.old_detector import checked_detectors
from tfkd.methods.old_detector import scores_and_boxes
from tfkd.tasks import detection
from tfkd.tasks import segmentation


def network(classes, **arguments):
    arguments = {"filters": (2, 2, 2), "neck": 2, **arguments}
    return detection.model(num_classes=classes, **arguments)


def test_counts_old_and_all_classes():
    assert checked_detectors("m", network(3), network(5)) == (3, 5)


@pytest.mark.parametrize(
    "student",
    [
        lambda: network(3),
        lambda: network(5, input_shape=(16, 16, 1)),
        lambda: segmentation.model(filters=(2,)),
    ],
)
def test_other_students_are_our_errors(student):
    with pytest.raises(InputError, match="m needs an old detector"):
        checked_detectors("m", network(3), student())


def test_scores_and_boxes_share_their_draw():
    scores, boxes = scores_and_boxes(
        scores={"centred": True},
        boxes={"distance": "huber"},
        weights=(1.0, 2.0),
        regions=3,
        seed=4,
    )
    assert (scores.name, boxes.name) == ("old_scores", "old_boxes")
    assert (scores.read, boxes.read) == ("scores", "boxes")
    assert scores.seed == boxes.seed == 4
    assert float(boxes.weight(0)) == 2.0
