import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.methods import made_images


def made(**arguments):
    inputs = keras.Input((5,))
    teacher = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    return made_images.generator(
        "dafl",
        teacher,
        **{
            "noise_size": 4,
            "value_range": (-1, 1),
            "filters": (6, 5),
            "seed": 0,
            **arguments,
        },
    )


def test_a_generator_fits_the_teacher_and_repeats_with_the_seed():
    first, again, other = (made(seed=seed) for seed in (0, 0, 1))
    assert first.input_shape == (None, 4)
    assert first.output_shape == (None, 5)
    weights = [model.get_weights()[0] for model in (first, again, other)]
    np.testing.assert_array_equal(*weights[:2])
    assert not np.array_equal(*weights[1:])


def test_mistakes_are_named():
    with pytest.raises(InputError, match="noise_size of dafl"):
        made(noise_size=0)
    with pytest.raises(InputError, match="low < high"):
        made(value_range=(1, 0))
    with pytest.raises(InputError, match="generator_learning_rate"):
        made_images.adam(0.0)


def test_metadata_are_recorded_where_inputs_are_given():
    def record(x):
        return [*x, "recorded"]

    found = [
        made_images.metadata_of("dafl", given, dict, record)
        for given in ({"a": 1}, ["x"])
    ]
    assert found == [{"a": 1}, ["x", "recorded"]]
    with pytest.raises(InputError, match="received metadata=None"):
        made_images.metadata_of("dafl", None, dict, record)
