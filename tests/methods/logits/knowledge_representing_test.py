import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(16, 5)).astype("float32")
Y = np.arange(16) % 3


def mlp(units, classes=3):
    return models.build(
        "mlp", input_shape=(5,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments = {"teacher": mlp((12, 8)), "student": mlp((6, 4)), **arguments}
    return methods.get("knowledge_representing").build(**arguments)


def compiled(optimizer="sgd", **arguments):
    distiller = build(**arguments)
    distiller.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return distiller


def scaled(model):
    """Kernels before and after the first stage, times their root inputs."""
    kernels = [
        layer.kernel for layer in model.layers if hasattr(layer, "kernel")
    ]
    first, *rest = (np.array(k) * np.sqrt(k.shape[0]) for k in kernels)
    return [first.ravel(), np.concatenate([k.ravel() for k in rest])]


def test_the_prior_is_the_papers_idea_on_two_groups():
    teacher, student = mlp((12, 8)), mlp((6, 4))
    # Some weights are outliers.
    student.layers[-1].kernel.assign(9 * student.layers[-1].kernel)
    parts = []
    for given, own in zip(scaled(teacher), scaled(student)):
        excess = np.abs(own - given.mean()) - 1.5 * given.std()
        parts.append(np.mean(np.maximum(excess, 0)) / given.std())
    logs = compiled(
        teacher=teacher, student=student, tolerance=1.5
    ).train_on_batch(X, Y, return_dict=True)
    assert np.mean(parts) > 0.1
    np.testing.assert_allclose(logs["weight_prior"], np.mean(parts), rtol=1e-4)
    expected = (
        0.1 * logs["task_loss"]
        + 0.9 * logs["soft_targets"]
        + 0.1 * logs["weight_prior"]
    )
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_outliers_come_back():
    student = mlp((6, 4))
    student.layers[-1].kernel.assign(20 * student.layers[-1].kernel)
    distiller = compiled(
        keras.optimizers.Adam(0.2),
        student=student,
        prior_weight=1.0,
        weight=0.0,
        task_weight=0.0,
    )
    prior = distiller.fit(X, Y, epochs=60, verbose=0).history["weight_prior"]
    assert prior[-1] < 0.3 * prior[0]


def test_a_file_keeps_the_prior_without_the_teacher(tmp_path):
    distiller = compiled()
    distiller.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    first, second = (d.distillation_losses[1] for d in (distiller, loaded))
    np.testing.assert_array_equal(first.deviations, second.deviations)
    np.testing.assert_allclose(first.penalty(), second.penalty(), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"tolerance": -1.0}, "tolerance must be"),
        ({"prior_weight": -1.0}, "weight must be"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher": mlp((12, 8), classes=4)}, "score the same"),
        ({"teacher": mlp((12,))}, "stage"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
