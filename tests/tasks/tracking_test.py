import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import detection
from tfkd.tasks import digit_scenes
from tfkd.tasks import tracking


def test_a_target_is_cut_out_around_its_box():
    (targets, scenes), boxes = tracking.data(8, noise=0.0, seed=3)
    assert targets.shape == (8, 16, 16, 1)
    assert scenes.shape == (8, 32, 32, 1)
    plain = digit_scenes.scenes(8, seed=3)
    for target, scene, box, image in zip(
        targets, scenes, boxes[:, 0], plain.images
    ):
        top, left = np.int64((box[:2] + box[2:4]) / 2) - 8
        rows, columns = range(top, top + 16), range(left, left + 16)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                known = 0 <= row < 32 and 0 <= column < 32
                expected = image[row, column] if known else 0
                assert target[i, j] == expected
        # A scene fades to 0.6 of its ink at most.
        share = scene.sum() / image.sum()
        assert 0.6 <= share <= 1.0
        assert box[4] == 0


def test_the_same_seed_makes_the_same_pairs():
    first, second = (tracking.data(4, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first[0][0], second[0][0])
    np.testing.assert_array_equal(first[0][1], second[0][1])
    np.testing.assert_array_equal(first[1], second[1])


def test_a_hit_is_the_most_certain_box_on_the_object():
    # The anchors of the quarters' first position: 2 -+ 4 pixels.
    labels = np.float32([[[0, 0, 6, 6, 0]], [[20, 20, 30, 30, 0]]])
    outputs = np.zeros((2, 128, 5), "float32")
    outputs[..., 4] = -9
    outputs[:, 0, 4] = 5
    # Both say: the first anchor, -2 to 6. IoU with the first: 36 / 64.
    assert tracking.success(labels, outputs) == 0.5
    assert tracking.success(labels, outputs, overlap=0.6) == 0.0


def test_the_model_answers_as_a_detector_of_one_class():
    model = tracking.model(filters=(2, 3, 4))
    (targets, scenes), boxes = tracking.data(2)
    outputs = model.predict([targets, scenes], verbose=0)
    assert outputs.shape == (2, len(detection.anchors()), 5)
    assert model.get_layer("response").output.shape == (None, 8, 8, 4)
    other = model.predict([0 * targets, scenes], verbose=0)
    assert np.abs(outputs - other).max() > 1e-6
    assert np.isfinite(float(tracking.loss()(boxes, outputs)))
    assert tracking.metrics() == []


def test_needs_three_stages():
    with pytest.raises(InputError, match="3 stages"):
        tracking.model(filters=(2, 3))
