import numpy as np
import pytest
import tensorflow as tf

from tests.sources.representations_test import network
from tfkd import methods
from tfkd.errors import InputError
from tfkd.sources import ClassGaussians

X = np.random.default_rng(0).uniform(-1, 1, (30, 3)).astype("float32")


def build(**arguments):
    parts = {"teacher": network(), "student": network(), "metadata": X}
    small = {"value_range": (-1, 1), "steps": 3, "examples": 4}
    return methods.get("lopes_datafree").build(
        **{**parts, **small, **arguments}
    )


def test_images_minimize_the_distance_of_rectified_logits():
    source = build().source
    x = np.array([[0.5, -0.5, 1.0]], "float32")
    phi = np.array([[1.0, -2.0]], "float32")
    z = np.asarray(source.teacher(x), "float64")
    # One tap is not divided by its size; the second target counts as 0.
    expected = ((max(z[0, 0], 0) - 1) ** 2 + max(z[0, 1], 0) ** 2) / 2
    found = source.loss(tf.constant(x), phi)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_data_are_needed_where_metadata_were_recorded():
    teacher = network()
    record = ClassGaussians.record(teacher, X, taps=("hidden", "logits"))
    model = build(teacher=teacher, metadata=record)
    assert model.source.record is record
    assert model.source.sizes == [2, 2]
    images, labels = model.synthesize()
    assert images.shape == (4, 3)
    assert set(labels) == {0, 1}


def test_the_student_learns_softened_classes():
    (loss,) = build(temperature=2.0, weight=0.3).distillation_losses
    z = np.array([[2 * np.log(3), 0.0]], "float32")
    # 2^2 KL((3/4, 1/4) || (1/2, 1/2))
    expected = 4 * (np.log(2) + 0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    found = loss({"logits": z}, {"logits": np.zeros_like(z)})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    assert float(loss.weight(0)) == np.float32(0.3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metadata": None}, "received metadata=None"),
        ({"metadata_taps": ("middle",)}, "'middle'"),
        ({"labels": np.zeros(3)}, "one an input"),
        ({"dropout": True}, "needs a teacher with dropout layers"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
