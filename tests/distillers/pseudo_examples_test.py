import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import dense
from tfkd.distillers import PseudoExampleDistiller
from tfkd.distillers import load
from tfkd.errors import InputError
from tfkd.losses import ResidualLabels
from tfkd.losses import SoftTargets

X = np.random.default_rng(0).uniform(0, 4, (6, 5)).astype("float32")
Y = np.arange(6) % 4


def build(task_weight=0.0, run_eagerly=True, **arguments):
    model = PseudoExampleDistiller(
        teacher=dense((9,)),
        student=dense(seed=1),
        student_loss_weight=task_weight,
        **{
            "distillation_losses": SoftTargets(temperature=1.0),
            "count": 4,
            "value_range": (0, 4),
            "step_size": 0.5,
            "noise": 0.1,
            **arguments,
        },
    )
    model.compile(
        keras.optimizers.SGD(1e-2),
        SPARSE if task_weight else None,
        run_eagerly=run_eagerly,
    )
    return model


def divergence(model, inputs):
    """KL between teacher and student, an example."""

    def log_p(network):
        z = np.asarray(network(inputs), "float64")
        return z - np.log(np.exp(z).sum(-1, keepdims=True))

    t, s = log_p(model.teacher.model), log_p(model.student)
    return np.sum(np.exp(t) * (t - s), -1)


def test_they_start_from_given_inputs_with_noise_in_range():
    model = build(noise=0.0, count=6)
    model.start(X)
    kept = np.asarray(model.pseudo)
    assert sorted(map(tuple, kept)) == sorted(map(tuple, X))
    model = build(noise=5.0, count=9)
    model.start(X)
    kept = np.asarray(model.pseudo)
    assert kept.min() == 0
    assert kept.max() == 4


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_a_step_moves_those_of_the_batch_up_the_slope(run_eagerly):
    model = build(run_eagerly=run_eagerly, noise=0.0)
    model.start(X)
    model.optimizer.learning_rate = 0.0  # The student stands still.
    before = np.asarray(model.pseudo).astype("float64")
    model.fit(X[:2], batch_size=2, verbose=0)
    after = np.asarray(model.pseudo)
    # The half range of 2 scales inputs, and so slopes and steps.
    for row in range(2):
        slope = np.zeros(5)
        for i in range(5):
            change = np.zeros((1, 5))
            change[0, i] = 1e-2
            up, down = (
                divergence(model, before[row] + sign * change)[0]
                for sign in (1, -1)
            )
            slope[i] = (up - down) / 2e-2
        expected = np.clip(before[row] + 0.5 * 4 * slope, 0, 4)
        np.testing.assert_allclose(after[row], expected, atol=1e-3)
    np.testing.assert_array_equal(after[2:], before[2:].astype("float32"))
    assert not np.array_equal(after[:2], before[:2])


def test_they_have_their_turn_and_become_harder():
    model = build(step_size=2.0)
    model.start(X)
    model.optimizer.learning_rate = 0.0
    before = np.asarray(model.pseudo)
    model.fit(X, batch_size=3, epochs=4, verbose=0)
    after = np.asarray(model.pseudo)
    assert np.all(np.any(after != before, axis=1))
    assert np.mean(divergence(model, after)) > np.mean(
        divergence(model, before)
    )


def test_the_student_learns_from_both_and_labels_are_those_of_the_batch():
    model = build(task_weight=1.0)
    history = model.fit(X, Y, batch_size=3, verbose=0).history
    assert model._trackers["soft_targets"].count == 12
    assert history["task_loss"][0] > 0
    model = build(task_weight=1.0)
    model.compile(
        "sgd", keras.losses.CategoricalCrossentropy(True), run_eagerly=True
    )
    history = model.fit(
        X, np.eye(4)[Y], sample_weight=np.ones(6), verbose=0
    ).history
    assert np.isfinite(history["loss"][0])


def test_goes_on_after_loading_as_if_nothing_happened(tmp_path):
    model = build(task_weight=1.0)
    model.fit(X, Y, batch_size=3, verbose=0)
    path = tmp_path / "distiller.keras"
    model.save(path)
    loaded = load(path, teacher=model.teacher.model)
    np.testing.assert_array_equal(model.pseudo, loaded.pseudo)
    for one in (model, loaded):
        one.fit(X, Y, batch_size=3, verbose=0)
    np.testing.assert_array_equal(model.pseudo, loaded.pseudo)


def test_mistakes_are_named():
    for wrong, message in (
        ({"count": 0}, "count must be"),
        ({"step_size": -1.0}, "step_size must be"),
        ({"noise": float("inf")}, "noise must be"),
        ({"value_range": (4, 0)}, "low < high"),
        (
            {
                "distillation_losses": [
                    SoftTargets(),
                    ResidualLabels(student_tap="logits"),
                ]
            },
            "neither labels nor index",
        ),
    ):
        with pytest.raises(InputError, match=message):
            build(**wrong)
    with pytest.raises(InputError, match="start from an array"):
        build().fit(X[:, :3])
