import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.teachers import SceneFlowTeacher

IMAGES = np.random.default_rng(0).uniform(0, 1, (2, 3, 6, 4)).astype("float32")


def network(*columns):
    """Answers the first image of a pair, or the same numbers everywhere."""
    inputs = keras.Input((3, 6, 2))
    layer = keras.layers.Conv2D(max(len(columns), 1), 1)
    model = keras.Model(inputs, layer(inputs))
    kernel = np.zeros((1, 1, 2, max(len(columns), 1)), "float32")
    if not columns:
        kernel[..., 0, 0] = 1.0
    model.set_weights([kernel, np.float32(columns or [0.0])])
    return model


def read(teacher, *names):
    teacher.connect(names, None)
    found = teacher(IMAGES)
    return [np.asarray(found[name]) for name in names]


def test_each_network_sees_its_own_pair():
    teacher = SceneFlowTeacher(network(), network(1.0, 0.0))
    now, flow, later = read(teacher, "disparity", "flow", "next_disparity")
    np.testing.assert_allclose(now, IMAGES[..., :1], rtol=1e-6)
    np.testing.assert_allclose(flow[..., 0], 1.0)
    # The later left image, read one column to the right.
    np.testing.assert_allclose(
        later[:, :, :-1], IMAGES[:, :, 1:, 2:3], rtol=1e-6
    )


def test_what_moves_is_trusted_where_flow_and_later_disparity_are():
    names = ("disparity_trusted", "flow_trusted", "next_disparity_trusted")
    # No motion agrees with itself; (1, 0) both ways does not: 4 > 0.52.
    still = SceneFlowTeacher(network(0.5), network(0.0, 0.0))
    for found in read(still, *names):
        np.testing.assert_array_equal(found, np.ones_like(found))
    moved = SceneFlowTeacher(network(0.5), network(1.0, 0.0))
    stereo, flow, later = read(moved, *names)
    assert (stereo.min(), flow.max(), later.max()) == (1.0, 0.0, 0.0)


def test_config_round_trip():
    teacher = SceneFlowTeacher(network(), network(0.0, 0.0), absolute=0.2)
    copy = SceneFlowTeacher.from_config(teacher.get_config())
    assert [member.absolute for member in copy.members] == [0.2, 0.2]
    assert [member.channels for member in copy.members] == [1, 2]


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="in this order"):
        SceneFlowTeacher(network(0.0, 0.0), network())
    with pytest.raises(InputError, match="relates images"):
        SceneFlowTeacher(cases.teacher(), network(0.0, 0.0))
    teacher = SceneFlowTeacher(network(), network(0.0, 0.0))
    with pytest.raises(InputError, match="no_such"):
        teacher.connect(("no_such",), None)
    teacher.connect(("flow",), None)
    with pytest.raises(InputError, match="four images"):
        teacher(IMAGES[..., :3])


def test_two_distillers_may_have_one_teacher():
    teacher = SceneFlowTeacher(network(0), network(0, 1))
    teacher.connect(("flow",), None)
    assert set(teacher.connect(("disparity",), None)) == {"disparity"}
    assert set(teacher(IMAGES)) == {"flow", "disparity"}
