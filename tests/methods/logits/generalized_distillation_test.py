import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(features, classes=2):
    return models.build("mlp", input_shape=(features,), num_classes=classes)


def build(**arguments):
    # The teacher sees three numbers, the student another five.
    arguments = {"teacher": mlp(3), "student": mlp(5), **arguments}
    return methods.get("generalized_distillation").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_is_the_papers_equation_on_pairs():
    distiller = build(imitation=0.75, temperature=3.0)
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    random = np.random.default_rng(0)
    x = {
        "student": random.normal(size=(4, 5)).astype("float32"),
        "teacher": random.normal(size=(4, 3)).astype("float32"),
    }
    y = np.array([0, 1, 1, 0])
    # Only the teacher is softened.
    soft = softmax(np.array(distiller.teacher.model(x["teacher"]), "f8") / 3)
    p = softmax(np.array(distiller.student(x["student"]), "f8"))
    hard = -np.mean(np.log(p[np.arange(4), y]))
    imitation = np.mean(np.sum(soft * np.log(soft / p), axis=1))
    logs = distiller.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["imitation"], imitation, rtol=1e-4)
    expected = 0.25 * hard + 0.75 * imitation
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_the_factor_of_the_authors_code_scales_the_imitation():
    for factor, expected in ((1.0, 0.5), (9.0, 4.5)):
        distiller = build(imitation=0.5, imitation_factor=factor)
        (loss,) = distiller.distillation_losses
        assert float(loss.weight(0)) == expected


def test_pure_imitation_needs_no_labels():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    pairs = {"student": x, "teacher": x[:, :3]}
    distiller = build()
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    loss = distiller.fit(pairs, epochs=20, verbose=0).history["loss"]
    assert loss[-1] < 0.3 * loss[0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"imitation": 1.5}, "imitation of generalized_distillation"),
        ({"imitation_factor": -1.0}, "weight must be"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher": mlp(3, classes=3)}, "score the same"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
