import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import BoundedBoxes

# Four quarters of 8x8 pixels are the anchors. An object fills the first, one
# of the second image the last; padding fills nothing.
LABELS = np.float32(
    [
        [[0, 0, 4, 4, 1], [4, 4, 8, 8, 2]],
        [[4, 4, 8, 8, 0], [0, 0, 8, 8, -1]],
    ]
)


def bounded(theirs=(4, 5), own=(4, 5), **arguments):
    loss = BoundedBoxes(
        **{
            "image_size": (8, 8),
            "anchor_sizes": ((4, 4),),
            "stride": 4,
            **arguments,
        }
    )
    loss.setup(
        {"outputs": keras.KerasTensor((None, *theirs))},
        {"outputs": keras.KerasTensor((None, *own))},
    )
    return loss


def answers():
    """Offsets from anchors; those of the objects' own are all 0."""
    theirs, own = np.zeros((2, 4, 5)), np.zeros((2, 4, 5))
    own[0, 0, :2] = 3, 4  # 25 from the object, the teacher 1: counts.
    theirs[0, 0, 0] = 1
    own[0, 3, 2] = 2  # 4, the teacher 9: better, counts nothing.
    theirs[0, 3, 3] = 3
    own[0, 1] = 7  # Belongs to no object.
    own[1, 3, 3] = 1  # 1, the teacher 1.44.
    theirs[1, 3, 0] = 1.2
    return theirs, own


def values(loss):
    theirs, own = (x.astype(loss.compute_dtype) for x in answers())
    found = loss({"outputs": theirs}, {"outputs": own}, labels=LABELS)
    return np.asarray(found)


def test_counts_where_the_student_is_worse():
    # (25 + 0) / 2 objects, and nothing.
    np.testing.assert_allclose(values(bounded()), [12.5, 0.0], rtol=1e-6)


def test_counts_up_to_a_margin_below_the_teacher():
    # 1 + 0.5 > 1.44, but 4 + 0.5 < 9.
    found = values(bounded(margin=0.5))
    np.testing.assert_allclose(found, [12.5, 1.0], rtol=1e-6)


def test_gradient():
    loss = bounded(dtype="float64")
    theirs, own = answers()
    assert_gradient(
        lambda s: loss({"outputs": theirs}, {"outputs": s}, labels=LABELS), own
    )


def test_an_image_without_objects_and_large_numbers_are_finite():
    loss = bounded()
    own = np.full((1, 4, 5), 1e8, "float32")
    empty = np.float32([[[0, 0, 0, 0, -1]]])
    found = loss({"outputs": own}, {"outputs": own}, labels=empty)
    np.testing.assert_array_equal(found, [0.0])
    theirs = np.zeros((1, 4, 5), "float32")
    found = loss({"outputs": theirs}, {"outputs": own}, labels=LABELS[:1])
    assert np.all(np.isfinite(found))


def test_round_trip():
    loss = bounded(margin=0.5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"margin": -1.0}, "margin >= 0"),
        ({"stride": 0}, "stride >= 1"),
        ({"own": (5, 5)}, r"answers \(batch, 4, 4"),
        ({"theirs": (4, 3)}, r"answers \(batch, 4, 4"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        bounded(**arguments)


def test_needs_boxes():
    x = {"outputs": np.zeros((1, 4, 5), "float32")}
    with pytest.raises(InputError, match="needs labels"):
        bounded()(x, x)
