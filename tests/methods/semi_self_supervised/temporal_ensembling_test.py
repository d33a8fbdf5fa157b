import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
INDEX = np.arange(4)


def student():
    return models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))


def build(**arguments):
    arguments = {"teacher": None, "student": student(), "size": 4, **arguments}
    return methods.get("temporal_ensembling").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_the_papers_equation_over_three_steps():
    distiller = build(stddev=0.0, weight=Constant(3.0), momentum=0.6)
    distiller.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    memory = np.zeros((4, 2))
    for step in range(3):
        p = softmax(np.array(distiller.student(X), "float64"))
        consistency = 0.0
        if step:
            target = memory / (1 - 0.6**step)
            consistency = np.mean((target - p) ** 2)
        memory = 0.6 * memory + 0.4 * p
        # One of four examples has a label, and the batch divides.
        labels = -np.log(p[1, 1]) / 4
        logs = distiller.train_on_batch(
            {"student": X, "index": INDEX},
            np.array([-1, 1, -1, -1]),
            return_dict=True,
        )
        np.testing.assert_allclose(
            logs["loss"], labels + 3 * consistency, rtol=1e-4
        )
    (loss,) = distiller.distillation_losses
    np.testing.assert_allclose(loss.memory, memory, rtol=1e-4)


def test_the_weight_ramps_up_to_the_labelled_share():
    distiller = build(ramp_steps=10, weight=80.0, labelled_share=0.1)
    (loss,) = distiller.distillation_losses
    (share,) = distiller.distillation_loss_weights
    found = [share * float(loss.weight(step)) for step in (0, 5, 10, 20)]
    # exp(-5), exp(-5 / 4), 1, 1.
    expected = 8 * np.exp([-5.0, -1.25, 0.0, 0.0])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_evaluation_remembers_nothing():
    distiller = build()
    distiller.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    distiller.evaluate(X, np.zeros(4, "int32"), verbose=0)
    (loss,) = distiller.distillation_losses
    np.testing.assert_array_equal(loss.seen, np.zeros(4))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"size": None}, "`size` must be their number"),
        ({"labelled_share": 0.0}, "labelled_share of temporal_ensembling"),
        ({"ramp_steps": 0}, "ramp_steps of temporal_ensembling"),
        ({"momentum": 1.0}, "momentum in"),
        ({"stddev": -1.0}, "stddev must be"),
        ({"pixels": 2}, "Images .* can be moved"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
