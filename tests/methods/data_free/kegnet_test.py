import numpy as np
import pytest

from tests.sources.representations_test import network
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": network(), "student": network()}
    small = {
        "value_range": (-1, 1),
        "examples": 4,
        "generators": 2,
        "steps": 2,
        "image_batch_size": 4,
        "noise_size": 2,
        "filters": (5, 4),
    }
    return methods.get("kegnet").build(**{**parts, **small, **arguments})


def test_the_student_learns_the_teachers_probabilities():
    # tests/sources/class_generators_test.py writes the generators' loss out.
    (loss,) = build(weight=0.4).distillation_losses
    z = np.array([[np.log(3), 0.0]], "float32")
    # KL((3/4, 1/4) || (1/2, 1/2))
    expected = np.log(2) + 0.75 * np.log(0.75) + 0.25 * np.log(0.25)
    found = loss({"logits": z}, {"logits": np.zeros_like(z)})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    assert float(loss.weight(0)) == np.float32(0.4)


def test_generators_are_trained_once_and_keep_their_images():
    model = build()
    model.compile("adam", run_eagerly=True)
    model.fit(verbose=0)
    generators, images = model.source.generators, model.images[0]
    model.fit(verbose=0)
    assert len(generators) == 2
    assert model.source.generators is generators
    np.testing.assert_array_equal(model.images[0], images)


def test_arguments_reach_the_generators():
    source = build(decoding=2.0, diversity=10.0, steps=7).source
    assert (source.decoding, source.diversity, source.steps) == (2.0, 10.0, 7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"generators": 0}, "generators must be"),
        ({"diversity": -1.0}, "diversity must be"),
        ({"examples": 0}, "examples must be"),
        ({"generator_learning_rate": 0.0}, "learning_rate must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
