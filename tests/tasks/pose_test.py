import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import tasks
from tfkd.errors import InputError
from tfkd.tasks import pose


def test_heat_maps_fall_off_around_keypoints():
    found = pose.heat_maps(np.array([[[1.0, 2.0], [0.0, 0.0]]]), 4, stddev=1.0)
    assert found.shape == (1, 4, 4, 2)
    assert found[0, 1, 2, 0] == 1.0
    # Two pixels away: exp(-4 / 2).
    np.testing.assert_allclose(found[0, 1, 0, 0], np.exp(-2), rtol=1e-6)
    np.testing.assert_array_equal(pose.peaks(found), [[[1, 2], [0, 0]]])


def test_part_maps_point_along_limbs():
    # From (1, 0) to (1, 3): along the columns of rows 0 to 2.
    points = np.array([[1.0, 0.0], [1.0, 3.0]])
    found = pose.part_maps(points, 5, limbs=((0, 1),))
    assert found.shape == (5, 5, 2)
    expected = np.zeros((5, 5, 2))
    expected[:3, :4, 1] = 1.0
    np.testing.assert_allclose(found, expected, atol=1e-6)
    # A limb of no length points nowhere.
    assert not pose.part_maps(points, 5, limbs=((0, 0),)).any()


def test_location_maps_say_everywhere_where_keypoints_are():
    points = np.array([[[1.5, 3.5, 4.0], [0.5, 1.5, -2.0]]])
    found = pose.location_maps(points, 4)
    assert found.shape == (1, 4, 4, 6)
    # Relative to 1.5, over 2: rows 0 and -1/2, columns 1 and 0, depths.
    expected = [0.0, -0.5, 1.0, 0.0, 2.0, -1.0]
    np.testing.assert_allclose(found[0, 3, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(found[0, 0, 2], expected, rtol=1e-6)


def test_locations_count_where_heat_is():
    heat = np.zeros((1, 1, 2, 1))
    heat[0, 0, 1] = 0.5
    true = np.concatenate([heat, np.ones((1, 1, 2, 3))], -1)
    found = np.zeros((1, 1, 2, 4))
    found[..., 0] = 1.0
    # Heat: the norm of (1, 1/2). Locations: three times that of (0, 1/2).
    loss = pose.LocationLoss(keypoints=1, location_weight=2.0)
    np.testing.assert_allclose(
        loss(true, found), np.sqrt(1.25) + 2 * 0.5, rtol=1e-6
    )


def test_location_loss_round_trip_and_error():
    loss = pose.LocationLoss(2, 3.0, name="x")
    copy = pose.LocationLoss.from_config(loss.get_config())
    assert copy.get_config() == loss.get_config()
    with pytest.raises(InputError, match="location_weight must be"):
        pose.LocationLoss(location_weight=-1.0)


def test_pck_counts_keypoints_that_are_known():
    points = np.array([[[0, 0], [3, 3]], [[2, 2], [1, 1]]], float)
    true = pose.heat_maps(points, 5)
    true[1, ..., 1] = 0
    # One pixel away; three away; exact; not known.
    moved = points + [[[0, 1], [-3, 0]], [[0, 0], [0, 0]]]
    found = pose.heat_maps(moved, 5)
    metric = pose.PCK(2, radius=1.0)
    metric.update_state(true, found)
    np.testing.assert_allclose(metric.result(), 2 / 3, rtol=1e-6)
    metric.reset_state()
    metric.update_state(true, found, [1.0, 0.0])
    np.testing.assert_allclose(metric.result(), 1 / 2, rtol=1e-6)
    copy = pose.PCK.from_config(metric.get_config())
    assert copy.get_config() == metric.get_config()
    assert float(copy.result()) == 0.0


def test_the_model_makes_maps_at_every_stack():
    model = pose.model(stacks=3, maps=7)
    assert model.output_shape == (None, 16, 16, 7)
    names = {layer.name for layer in model.layers}
    assert {"stage1", "stage3", "maps1", "maps2", "logits"} <= names
    assert "maps3" not in names
    assert {layer.name for layer in pose.model().layers} >= {
        *pose.TAPS.values()
    }


def test_maps_can_be_learned():
    keras.utils.set_random_seed(0)
    x, y = pose.data(100)
    model = pose.model(stacks=1)
    model.compile(
        keras.optimizers.Adam(0.01),
        pose.loss(),
        weighted_metrics=pose.metrics(),
    )
    found = model.fit(x, y, batch_size=20, epochs=20, verbose=0).history
    assert found["loss"][-1] < 0.6 * found["loss"][0]
    assert 0 <= found["pck"][-1] <= 1


def test_it_is_a_task():
    assert "pose" in tasks.names()
    assert tasks.get("pose") is pose


def test_maps_may_be_of_any_size():
    maps = np.zeros((1, 3, 4, 1), "float32")
    maps[0, 2, 1] = 1.0
    shape = tf.TensorSpec((None, None, None, 1))
    peaks = tf.function(lambda x: pose.peaks(x), input_signature=[shape])
    np.testing.assert_array_equal(peaks(maps), [[[2, 1]]])
