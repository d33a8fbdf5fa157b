import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import DataImpressions
from tfkd.sources.data_impressions import class_similarity

# Columns (1, 0), (2, 2) and (-3, 0).
KERNEL = np.array([[1.0, 2.0, -3.0], [0.0, 2.0, 0.0]])


def source(**arguments):
    inputs = keras.Input((2,))
    teacher = keras.Model(inputs, keras.layers.Dense(3, name="logits")(inputs))
    teacher.set_weights([KERNEL, np.zeros(3)])
    return DataImpressions(
        teacher, **{"value_range": (-4, 4), "steps": 5, **arguments}
    )


def test_similarity_is_the_scaled_cosine():
    r = np.sqrt(0.5)
    # Cosines: rows (1, r, -1), (r, 1, -r), (-1, -r, 1).
    expected = [
        [1, (r + 1) / 2, 0],
        [2 * r / (1 + r), 1, 0],
        [0, (1 - r) / 2, 1],
    ]
    np.testing.assert_allclose(class_similarity(KERNEL), expected, rtol=1e-6)
    np.testing.assert_allclose(source().similarity(), expected, rtol=1e-6)


def test_equal_weights_make_equal_classes():
    np.testing.assert_array_equal(class_similarity(np.ones((2, 3))), 1.0)
    assert np.all(np.isfinite(class_similarity(np.zeros((2, 3)))))


def test_soft_labels_have_the_mean_of_their_dirichlet():
    made = source(scales=(1.0, 0.5))
    targets = made.sample(6000)
    np.testing.assert_allclose(targets.sum(-1), 1.0, rtol=1e-5)
    concentration = np.maximum(made.similarity(), 1e-3)
    expected = concentration / concentration.sum(-1, keepdims=True)
    for k in range(3):
        found = targets[k::3].mean(0)
        np.testing.assert_allclose(found, expected[k], atol=0.03)


def test_the_smaller_scale_makes_harder_labels():
    soft, hard = (
        source(scales=(scale,)).sample(600).max(-1).mean()
        for scale in (1.0, 0.1)
    )
    assert hard > soft + 0.05


def test_the_teacher_comes_to_answer_as_told():
    made = source(temperature=1.0, steps=400, learning_rate=0.05)
    images, labels = made.make(6)
    found = np.asarray(made.teacher(images))
    np.testing.assert_array_equal(labels, made.sample(6).argmax(-1))
    assert np.mean(found.argmax(-1) == labels) > 0.8


def test_repeats_with_the_seed():
    first, again = (source(seed=1).make(3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, source(seed=2).make(3)[0])


def test_wrong_arguments_are_named():
    with pytest.raises(InputError, match="scales must be"):
        source(scales=(1.0, 0.0))
    inputs = keras.Input((4, 2))
    pooled = keras.layers.GlobalAveragePooling1D()(inputs)
    teacher = keras.Model(inputs, pooled)
    with pytest.raises(InputError, match="must come from a Dense layer"):
        DataImpressions(teacher)
