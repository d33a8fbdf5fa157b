import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.teachers import PairMatchingTeacher
from tfkd.transforms.warp import as_flow
from tfkd.transforms.warp import visible

RANDOM = np.random.default_rng(0)
PAIR = RANDOM.uniform(0, 1, (2, 4, 6, 2)).astype("float32")


def network(channels=1, size=(4, 6), pair=2):
    """Answers linearly in every pixel of both images."""
    inputs = keras.Input((*size, pair))
    layer = keras.layers.Conv2D(channels, 1, use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    kernel = np.zeros((pair, channels), "float32")
    # The first image alone tells how far along columns.
    kernel[0, 0] = 1.0
    if channels > 1:
        kernel[1, 1] = 1.0
    model.set_weights([kernel.reshape(1, 1, pair, channels)])
    return model


def read(teacher, *names):
    teacher.connect(names, None)
    found = teacher(PAIR)
    return [np.asarray(found[name]) for name in names]


def test_provides_its_answer_and_the_pair():
    found, pair = read(PairMatchingTeacher(network()), "map", "pair")
    np.testing.assert_allclose(found, PAIR[..., :1], rtol=1e-6)
    np.testing.assert_array_equal(pair, PAIR)


def constant(value, channels=1):
    """Answers a number, or its sign turned where the pair is reversed."""
    inputs = keras.Input((4, 6, 2))
    first = keras.layers.Lambda(
        lambda x: 0 * x[..., :1] + value,
        output_shape=(4, 6, 1),
    )(inputs)
    if channels == 1:
        return keras.Model(inputs, first)
    return keras.Model(inputs, keras.layers.Concatenate()([first] * channels))


def test_a_disparity_is_trusted_where_the_other_eye_agrees():
    # From the right, everything lies as far to the other side.
    (trusted,) = read(PairMatchingTeacher(constant(2.0)), "trusted")
    expected = np.ones((2, 4, 6, 1))
    # What lies left of the other eye's image, that eye does not see.
    expected[:, :, :2] = 0
    np.testing.assert_array_equal(trusted, expected)


def test_a_flow_is_trusted_where_the_way_back_is_its_opposite():
    # Of both pairs the answer is (2, 2): 32 > 0.01 * 16 + 0.5.
    (trusted,) = read(PairMatchingTeacher(constant(2.0, 2)), "trusted")
    np.testing.assert_array_equal(trusted, np.zeros((2, 4, 6, 1)))
    teacher = PairMatchingTeacher(constant(2.0, 2), absolute=32.0)
    (trusted,) = read(teacher, "trusted")
    np.testing.assert_array_equal(trusted, np.ones((2, 4, 6, 1)))


def test_the_way_back_is_its_answer_to_the_reversed_pair():
    teacher = PairMatchingTeacher(network(2), absolute=0.4)
    names = ("map", "map_back", "trusted", "trusted_back")
    there, back, trusted, trusted_back = read(teacher, *names)
    np.testing.assert_allclose(back, PAIR[..., ::-1], rtol=1e-6)
    for flow, other, found in (
        (there, back, trusted),
        (back, there, trusted_back),
    ):
        expected = visible(flow, other, absolute=0.4)
        assert 0 < found.mean() < 1
        np.testing.assert_array_equal(found, expected)


def test_the_way_back_of_a_disparity_is_mirrored():
    teacher = PairMatchingTeacher(network(), absolute=0.1)
    names = ("map", "map_back", "trusted", "trusted_back")
    there, back, trusted, trusted_back = read(teacher, *names)
    np.testing.assert_allclose(back, PAIR[:, :, ::-1, 1:], rtol=1e-6)
    # The other eye's mirror sees left and right exchanged.
    expected = visible(as_flow(back), as_flow(-there[:, :, ::-1]), absolute=0.1)
    assert 0 < trusted_back.mean() < 1
    np.testing.assert_array_equal(trusted_back, expected)
    assert not np.array_equal(trusted, trusted_back)


def test_an_upside_down_flow_is_turned_back():
    plain, flipped = (
        read(PairMatchingTeacher(network(2), flip=flip), "map")[0]
        for flip in (False, True)
    )
    # Columns agree in both views; rows are opposite, and their mean is 0.
    np.testing.assert_allclose(flipped[..., 0], plain[..., 0], rtol=1e-6)
    np.testing.assert_allclose(flipped[..., 1], 0.0, atol=1e-7)


def test_another_scale_has_a_displacement_of_its_own():
    model = network(size=(None, None))
    plain, half = (
        read(PairMatchingTeacher(model, scales=(scale,)), "map")[0]
        for scale in (1.0, 0.5)
    )
    assert half.shape == plain.shape
    # This network answers in pixel values, whatever the scale: 1 / 0.5.
    np.testing.assert_allclose(half.mean(), 2 * plain.mean(), rtol=0.1)


def test_config_round_trip():
    teacher = PairMatchingTeacher(network(), flip=True, absolute=0.2)
    copy = PairMatchingTeacher.from_config(teacher.get_config())
    assert (copy.flip, copy.absolute, copy.scales) == (True, 0.2, (1.0,))


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        (network(pair=3), {}, "sees pairs"),
        (network(3), {}, "sees pairs"),
        (network(), {"scales": ()}, "at least one scale"),
        (network(), {"scales": (0.5,)}, "at least one scale"),
        (network(), {"absolute": -2.0}, "at least one scale"),
        (network(), {"relative": -0.5}, "at least one scale"),
    ],
)
def test_mistakes_are_our_errors(model, arguments, message):
    with pytest.raises(InputError, match=message):
        PairMatchingTeacher(model, **arguments)


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        PairMatchingTeacher(network()).connect(("no_such",), None)


def test_two_distillers_may_have_one_teacher():
    teacher = PairMatchingTeacher(network())
    teacher.connect(("map",), None)
    assert set(teacher.connect(("trusted",), None)) == {"trusted"}
    assert set(teacher(PAIR)) == {"map", "trusted"}


def test_views_at_a_scale_need_a_known_size():
    teacher = PairMatchingTeacher(network(size=(None, None)), scales=(1, 0.5))
    teacher.connect(("map",), None)
    call = tf.function(
        lambda pair: teacher(pair)["map"],
        input_signature=[tf.TensorSpec([None, None, None, 2])],
    )
    with pytest.raises(Exception, match="of known height and width"):
        call(PAIR)


def test_displacements_are_scaled_by_the_size_that_a_view_has():
    # Half of 5 rows and 7 columns are 2 and 3: a pixel of the view is 7 / 3
    # columns and 5 / 2 rows.
    ones = np.ones((1, 5, 7, 2), "float32")
    for channels, expected in ((1, [7 / 3]), (2, [7 / 3, 5 / 2])):
        model = network(channels, size=(None, None))
        teacher = PairMatchingTeacher(model, scales=(0.5,))
        teacher.connect(("map",), None)
        found = np.asarray(teacher(ones)["map"])
        np.testing.assert_allclose(found[0, 2, 3], expected, rtol=1e-6)
