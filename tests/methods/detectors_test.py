import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.methods import detectors
from tfkd.tasks import detection


def network(neck=3, **arguments):
    return detection.model(filters=(2, 3, 4), neck=neck, **arguments)


def test_regions_and_classes_must_agree():
    detectors.same_regions("m", network(4), network(3))
    with pytest.raises(InputError, match="m needs two detectors"):
        detectors.same_regions("m", network(), network(num_classes=3))
    with pytest.raises(InputError, match="m needs two detectors"):
        detectors.same_regions("m", network(), network(sizes=((8, 8),)))


def test_pairs_are_the_stages_and_the_map_of_boxes():
    found = detectors.pyramid_pairs(network(4), network(3))
    names = ("stage1", "stage2", "stage3", "fpn")
    assert found == tuple((name, name) for name in names)


def test_images_have_one_known_size():
    assert detectors.image_size("m", network()) == (32, 32)
    vectors = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(InputError, match="images of one known size"):
        detectors.image_size("m", vectors)


def test_answers_are_of_scores_and_of_sure_boxes():
    scores, boxes = detectors.answers(
        score_weight=2.0, box_weight=3.0, threshold=0.5
    )
    t, s = np.zeros((1, 1, 5), "float32"), np.zeros((1, 1, 5), "float32")
    s[..., 0] = 2.0
    s[..., 4] = np.log(1 / 3)
    for loss in (scores, boxes):
        spec = {"outputs": keras.KerasTensor((None, 1, 5))}
        loss.setup(spec, spec)
    # p = 1/2, q = 1/4: ln(2)/2 + ln(2/3)/2.
    found = scores({"outputs": t}, {"outputs": s})
    np.testing.assert_allclose(found, 0.143841, rtol=1e-5)
    # (2 - 1/2) / 4 at p >= 1/2, and nothing below.
    found = boxes({"outputs": t}, {"outputs": s})
    np.testing.assert_allclose(found, 0.375, rtol=1e-6)
    found = boxes({"outputs": t - 1}, {"outputs": s})
    np.testing.assert_array_equal(found, [0.0])
    assert float(scores.weight(0)) == 2.0
    assert float(boxes.weight(0)) == 3.0
