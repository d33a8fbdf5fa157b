import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, **arguments):
    return models.build(
        "cnn",
        input_shape=(6, 6, 1),
        num_classes=3,
        filters=filters,
        strides=(2, 2),
        **arguments,
    )


def build(**arguments):
    parts = {"teacher": network((3, 4)), "student": network((2, 3))}
    return methods.get("dafl").build(
        **{**parts, "noise_size": 4, "filters": (4, 3), **arguments}
    )


def test_both_losses_are_the_equations_written_out():
    model = build(one_hot=2.0, activation=0.5, entropy=3.0, weight=0.7)
    (generator,), (soft,) = model.generator_losses, model.distillation_losses
    z = np.log([[2.0, 1.0, 1.0], [1.0, 1.0, 2.0]]).astype("float32")
    f = np.array([[1.0, -1.0], [0.0, 4.0]], "float32")
    # Likeliest 1/2 each; mean |f| 1 and 2; mean p = (3, 2, 3) / 8.
    p = np.array([3, 2, 3]) / 8
    entropy = -np.sum(p * np.log10(p))
    expected = 2 * np.log(2) - 0.5 * np.array([1, 2]) - 3 * entropy
    found = generator({"logits": z, "embedding": f}, {})
    np.testing.assert_allclose(found, expected, rtol=1e-6)

    # KL((1/2, 1/4, 1/4) || uniform) = log 3 - 1.5 log 2
    found = soft({"logits": z}, {"logits": np.zeros_like(z)})
    np.testing.assert_allclose(found, np.log(3) - 1.5 * np.log(2), rtol=1e-5)
    assert float(soft.weight(0)) == np.float32(0.7)


def test_the_generator_makes_what_the_teacher_takes():
    model = build(value_range=(-2.0, 3.0))
    assert model.generator.output_shape == (None, 6, 6, 1)
    images = model.generate(20)
    assert -2 <= images.min() < images.max() <= 3


def test_the_generator_starts_from_its_seed():
    first, again, other = (
        build(seed=seed).generator.get_weights()[0] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"value_range": (1, 1)}, "low < high"),
        ({"activation": -1.0}, "activation must be"),
        ({"noise_size": 0}, "noise_size"),
        ({"generator_learning_rate": 0.0}, "generator_learning_rate"),
        ({"feature_tap": "middle"}, "'middle'"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
