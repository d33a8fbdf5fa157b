import numpy as np
import pytest

from tests.sources.representations_test import network
from tfkd import methods
from tfkd.errors import InputError

X = np.random.default_rng(0).uniform(-1, 1, (6, 3)).astype("float32")


def build(**arguments):
    parts = {"teacher": network(), "student": network()}
    return methods.get("pseudo_example").build(
        **{**parts, "value_range": (-1, 1), "count": 5, **arguments}
    )


def test_the_loss_is_the_equation_written_out():
    # tests/distillers/pseudo_examples_test.py checks how examples move.
    (loss,) = build(weight=0.4).distillation_losses
    z = np.array([[np.log(3), 0.0]], "float32")
    # KL((3/4, 1/4) || (1/2, 1/2))
    expected = np.log(2) + 0.75 * np.log(0.75) + 0.25 * np.log(0.25)
    found = loss({"logits": z}, {"logits": np.zeros_like(z)})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)
    assert float(loss.weight(0)) == np.float32(0.4)


def test_examples_stay_where_the_student_agrees():
    # Both networks are equal: there is no slope to climb.
    model = build(noise=0.0, step_size=10.0, count=6)
    model.compile("sgd", run_eagerly=True)
    model.fit(X, batch_size=3, epochs=2, verbose=0)
    kept = np.asarray(model.pseudo)
    np.testing.assert_allclose(
        np.sort(kept, axis=0), np.sort(X, axis=0), atol=1e-4
    )


def test_no_labels_are_needed():
    model = build(step_size=0.0, count=6)
    model.student.get_layer("logits").kernel.assign(np.zeros((2, 2)))
    model.compile("adam", run_eagerly=True)
    history = model.fit(X, epochs=4, verbose=0).history
    assert history["soft_targets"][-1] < history["soft_targets"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "count must be"),
        ({"noise": -1.0}, "noise must be"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
