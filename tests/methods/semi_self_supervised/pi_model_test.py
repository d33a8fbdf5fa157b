import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def student(**arguments):
    return models.build(
        "mlp", input_shape=(3,), num_classes=2, units=(4,), **arguments
    )


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("pi_model").build(**arguments)


def compiled(**arguments):
    distiller = build(**arguments)
    distiller.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return distiller


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_the_papers_equation_on_two_draws_of_noise():
    distiller = compiled(stddev=0.5, weight=Constant(3.0), seed=7)
    # What a layer of this seed draws first, and then.
    generator = keras.random.SeedGenerator(7)
    p, other = (
        softmax(np.array(distiller.student(X + 0.5 * noise), "float64"))
        for noise in (
            np.asarray(keras.random.normal((4, 3), seed=generator))
            for _ in range(2)
        )
    )
    consistency = np.mean((p - other) ** 2)
    # One of four examples has a label, and the batch divides.
    labels = -np.log(p[1, 1]) / 4
    logs = distiller.train_on_batch(
        X, np.array([-1, 1, -1, -1]), return_dict=True
    )
    np.testing.assert_allclose(logs["consistency"], consistency, rtol=1e-4)
    np.testing.assert_allclose(
        logs["loss"], labels + 3 * consistency, rtol=1e-5
    )


def test_the_weight_ramps_up_to_the_labelled_share():
    (loss,) = build(
        ramp_steps=10, weight=80.0, labelled_share=0.1
    ).distillation_losses
    found = [float(loss.weight(step)) for step in (0, 5, 10, 20)]
    # exp(-5), exp(-5 / 4), 1, 1.
    expected = 8 * np.exp([-5.0, -1.25, 0.0, 0.0])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_without_noise_or_dropout_it_agrees_with_itself():
    logs = compiled(stddev=0.0).train_on_batch(X, np.zeros(4), return_dict=True)
    assert logs["consistency"] == 0


def test_images_are_shifted_too():
    images = models.build("mlp", input_shape=(8, 8, 1), num_classes=2)
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
    for pixels, agrees in ((None, False), (2, False), (0, True)):
        distiller = compiled(student=images, stddev=0.0, pixels=pixels)
        logs = distiller.train_on_batch(x, np.zeros(4), return_dict=True)
        assert (logs["consistency"] == 0) == agrees


def test_dropout_alone_is_noise():
    logs = compiled(student=student(dropout=0.5), stddev=0.0).train_on_batch(
        X, np.zeros(4), return_dict=True
    )
    assert logs["consistency"] > 0


def test_the_student_sees_no_noise_when_it_predicts():
    distiller = compiled(stddev=5.0)
    found = distiller.predict(X, verbose=0)
    np.testing.assert_allclose(found, distiller.student(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"labelled_share": 0.0}, "labelled_share of pi_model"),
        ({"ramp_steps": 0}, "ramp_steps of pi_model"),
        ({"stddev": -1.0}, "stddev must be"),
        ({"pixels": 2}, "Images .* can be moved"),
        ({"pixels": -1}, "pixels must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
