import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        filters=filters,
        strides=(2, 2),
        pool="avg",
    )


def build(teacher=(2, 3), student=(2, 3), **arguments):
    return methods.get("anc").build(
        teacher=network(teacher), student=network(student), **arguments
    )


def softplus(x):
    return np.log1p(np.exp(x))


def score(critic, x):
    """A perceptron with ReLU, in float64."""
    weights = [np.asarray(w, "float64") for w in critic.get_weights()]
    while len(weights) > 2:
        x = np.maximum(x @ weights[0] + weights[1], 0)
        weights = weights[2:]
    return (x @ weights[0] + weights[1])[:, 0]


def test_is_the_equation_written_out():
    model = build(units=(4,), confusion=0.5)
    adversarial, logits = model.distillation_losses
    random = np.random.default_rng(0)
    t = random.normal(size=(2, 3)).astype("float32")
    s = random.normal(size=(2, 3)).astype("float32")
    real, fake = score(adversarial.critic, t), score(adversarial.critic, s)
    # The student's -log D, the critic's two, and half of confusion.
    expected = 1.5 * softplus(-fake) + softplus(-real) + softplus(fake)
    found = adversarial({"embedding": t}, {"embedding": s})
    np.testing.assert_allclose(found, expected, rtol=1e-6)

    z_t = np.array([[1.0, 2.0, 0.0]], "float32")
    z_s = np.array([[0.0, 0.0, 2.0]], "float32")
    # 1 + 4 + 4
    found = logits({"logits": z_t}, {"logits": z_s})
    np.testing.assert_allclose(found, [9.0], rtol=1e-6)


def test_needs_no_labels():
    model = build()
    model.compile("adam")
    images = np.random.default_rng(0).uniform(size=(8, 8, 8, 1))
    before = [w.copy() for w in model.student.get_weights()]
    history = model.fit(images, batch_size=4, verbose=0).history
    assert np.all(np.isfinite(history["adversarial"]))
    after = model.student.get_weights()
    assert not all(np.array_equal(b, a) for b, a in zip(before, after))


def test_student_features_are_mapped_only_where_widths_differ():
    (same, _), (other, _) = (
        build(student=filters).distillation_losses
        for filters in ((2, 3), (2, 2))
    )
    assert not same.student_transform.weights
    assert same.critic.input_shape == (None, 3)
    assert other.student_transform.kernel.shape == (2, 3)


def test_the_critics_weights_are_regularized():
    model = build(l2=0.1, units=(2,))
    critic = model.distillation_losses[0].critic
    expected = sum(
        0.1 * np.sum(np.square(w)) for w in critic.get_weights() if w.ndim == 2
    )
    np.testing.assert_allclose(
        model._penalties(model.moved_apart()), expected, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "wasserstein"}, "kind of adversarial loss"),
        ({"l2": -1.0}, "l2 must be"),
        ({"confusion": -1.0}, "and confusion must be"),
        ({"teacher_tap": "middle"}, "'middle'"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
