import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.teachers import MovingSceneTeacher
from tfkd.teachers.moving_scene import moving_probability

# Four pixels in a row; the second image says which class each has.
PAIR = np.float32([[1, 1], [1, 1], [0, 1], [0, 1]]).reshape(1, 1, 4, 2)


def constant(*answer, images=2):
    """Answers the same numbers at every pixel."""
    inputs = keras.Input((1, 4, images))
    model = keras.Model(inputs, keras.layers.Conv2D(len(answer), 1)(inputs))
    kernel = np.zeros((1, 1, images, len(answer)), "float32")
    model.set_weights([kernel, np.float32(answer)])
    return model


def segmenter():
    """Class 1 where the image is 1, class 0 where it is 0."""
    model = constant(0.5, 0.0, images=1)
    kernel, bias = model.get_weights()
    kernel[..., 0, 1] = 1.0
    model.set_weights([kernel, bias])
    return model


def built(flow=(1.0, 0.0), rigid=(0.0, 0.0), **arguments):
    arguments = {
        "semantics": segmenter(),
        "disparity": constant(3.0, images=1),
        "flow": constant(*flow),
        "rigid": constant(*rigid),
        "moving_classes": (1,),
        **arguments,
    }
    return MovingSceneTeacher(**arguments)


def read(teacher, *names):
    teacher.connect(names, None)
    found = teacher(PAIR)
    return [np.asarray(found[name]) for name in names]


def test_probability_is_the_larger_of_angle_and_lengths():
    flow = np.float32([[2, 0], [1, 0], [0, 3], [0, 0], [0, 0]])
    rigid = np.float32([[1, 0], [-1, 0], [0, 3], [0, 0], [5, 0]])
    # Half as long; opposite; alike; both still, without an angle; one still.
    found = moving_probability(flow, rigid)
    np.testing.assert_allclose(
        np.ravel(found), [0.5, 1.0, 0.0, 0.5, 1.0], atol=1e-6
    )


def test_a_flow_is_free_where_something_can_move():
    # f and g differ everywhere: the class alone decides.
    free, bound = read(built(), "free", "bound")
    np.testing.assert_array_equal(np.ravel(free), [1, 1, 0, 0])
    np.testing.assert_array_equal(free + bound, np.ones_like(free))


def test_a_flow_is_free_where_it_agrees_unless_the_other_leaves():
    # Lengths 1 and 1.25: P = 0.2. From columns 2 and 3 on, g leads to 3.25
    # and 4.25, beyond the last column, 3.
    teacher = built(rigid=(1.25, 0.0))
    free, rigid = read(teacher, "free", "rigid")
    np.testing.assert_array_equal(np.ravel(free), [1, 1, 0, 0])
    np.testing.assert_allclose(rigid[..., 0], 1.25)
    # Back, it leaves on the other side.
    teacher = built(flow=(-1.0, 0.0), rigid=(-1.25, 0.0))
    np.testing.assert_array_equal(
        np.ravel(read(teacher, "free")[0]), [0, 0, 1, 1]
    )
    strict = built(flow=(-1.0, 0.0), rigid=(-1.25, 0.0), threshold=0.1)
    np.testing.assert_array_equal(np.ravel(read(strict, "free")[0]), [0] * 4)


def test_each_network_sees_the_image_or_the_pair():
    logits, near, pair = read(built(), "semantics", "disparity", "pair")
    np.testing.assert_allclose(logits[..., 1], PAIR[..., 0])
    np.testing.assert_allclose(near, np.full((1, 1, 4, 1), 3.0))
    np.testing.assert_array_equal(pair, PAIR)


def test_config_round_trip():
    teacher = built(threshold=0.2)
    copy = MovingSceneTeacher.from_config(teacher.get_config())
    assert (copy.threshold, copy.moving_classes) == (0.2, (1,))
    assert [m.model.output_shape[-1] for m in copy.members] == [2, 1, 2, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flow": (1.0,)}, "'flow' of a moving scene must see 2"),
        ({"disparity": constant(0.0)}, "'disparity' of a moving scene must"),
        ({"semantics": cases.teacher()}, "must see and answer one map"),
        ({"moving_classes": ()}, "moving_classes must be"),
        ({"moving_classes": (2,)}, "numbers 0 to 1"),
        ({"threshold": 0.0}, "threshold must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        built(**arguments)


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        built().connect(("no_such",), None)


def test_two_distillers_may_have_one_teacher():
    teacher = built()
    teacher.connect(("flow",), None)
    assert set(teacher.connect(("bound",), None)) == {"bound"}
    assert set(teacher(PAIR)) == {"flow", "bound"}
