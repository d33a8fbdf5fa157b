import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import teachers
from tfkd.errors import InputError


def made(anchors=None, interval_steps=10):
    anchors = anchors or [dense(seed=seed) for seed in range(3)]
    route = teachers.RouteTeacher(anchors, interval_steps)
    route.connect(("logits", "stage1"), dense())
    return anchors, route


def test_each_anchor_teaches_for_as_many_steps_and_the_last_one_on():
    anchors, route = made()
    x, _ = batch()
    for step, place in ((0, 0), (9, 0), (10, 1), (20, 2), (1000, 2)):
        np.testing.assert_allclose(
            route(x, step=step)["logits"], anchors[place](x), rtol=1e-6
        )


def test_the_place_is_found_inside_a_graph():
    import tensorflow as tf

    anchors, route = made()
    x, _ = batch()
    read = tf.function(lambda step: route(x, step=step)["logits"])
    for step, place in ((3, 0), (15, 1)):
        found = read(tf.constant(step, "int64"))
        np.testing.assert_allclose(found, anchors[place](x), rtol=1e-5)


def test_anchors_may_be_files(tmp_path):
    model = dense(seed=4)
    model.save(tmp_path / "epoch1.keras")
    _, route = made([tmp_path / "epoch1.keras", model])
    x, _ = batch()
    np.testing.assert_allclose(route(x)["logits"], model(x), rtol=1e-6)
    assert route.members[0]._frozen.path == str(tmp_path / "epoch1.keras")


def test_config_round_trip():
    _, route = made(interval_steps=7)
    config = keras.saving.serialize_keras_object(route)
    loaded = keras.saving.deserialize_keras_object(config)
    assert loaded.interval_steps == 7
    assert len(loaded.members) == 3


def test_anchors_have_one_shape():
    with pytest.raises(InputError, match="one shape in all anchors"):
        made([dense(), dense((9,))])


@pytest.mark.parametrize(
    ("anchors", "interval_steps", "message"),
    [
        ([], 1, "at least one anchor"),
        (None, 1, "a list of at least one"),
        ([dense], 0, "whole number >= 1"),
    ],
)
def test_rejects_arguments(anchors, interval_steps, message):
    with pytest.raises(InputError, match=message):
        teachers.RouteTeacher(anchors, interval_steps)


def test_it_is_as_random_as_its_anchors():
    noisy = teachers.NoisyLogitsTeacher(dense(), stddev=1.0)
    assert teachers.RouteTeacher([noisy, dense()], 10).stochastic
    assert not teachers.RouteTeacher([dense()], 10).stochastic
