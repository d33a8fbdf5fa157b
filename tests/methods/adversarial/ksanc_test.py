import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    parts = {"teacher": cases.teacher(), "student": cases.student()}
    return methods.get("ksanc").build(**{**parts, **arguments})


def softplus(x):
    return np.log1p(np.exp(x))


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def squeezed(layer, maps, answer):
    """The equation of the descriptor in float64."""
    kernel, query = (np.asarray(w, "float64") for w in layer.weights)
    local = maps.reshape(len(maps), -1, maps.shape[-1]) @ kernel
    m = softmax((local + answer[:, None]) @ query, axis=1)
    return np.sum(m * local, axis=1)


RANDOM = np.random.default_rng(0)
TEACHER = {
    "stage2": RANDOM.normal(size=(3, 4, 4, 8)).astype("float32"),
    "logits": RANDOM.normal(size=(3, 4)).astype("float32"),
}
STUDENT = {
    "stage2": RANDOM.normal(size=(3, 4, 4, 6)).astype("float32"),
    "logits": RANDOM.normal(size=(3, 4)).astype("float32"),
}


def test_each_depth_is_the_equation_written_out():
    model = build(pairs=(("stage2", "stage2"),), weight=0.5)
    loss = model.distillation_losses[2]
    student = loss.parts[0].student_transform
    d_t = squeezed(loss.layer, TEACHER["stage2"], TEACHER["logits"])
    d_s = squeezed(student, STUDENT["stage2"], STUDENT["logits"])
    w, b = (np.asarray(v, "float64") for v in loss.head.weights)
    q, p = softmax(TEACHER["logits"]), softmax(d_t @ w + b)
    own = np.sum(q * np.log(q / p), axis=-1)
    expected = 0.5 * np.sum((d_t - d_s) ** 2, axis=-1) + own
    found = loss(TEACHER, STUDENT)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_end_is_the_equation_by_hand():
    game, logits, *_ = build(
        units=(), confusion=0.5, class_weight=0.25
    ).distillation_losses
    # The score is the first logit, classes are the logits themselves.
    game.critic.set_weights([np.eye(4)[:, [0, 0, 1, 2, 3]], np.zeros(5)])
    z_t = np.array([[1.0, 2.0, 0.0, 0.0]], "float32")
    z_s = np.array([[0.0, 0.0, 2.0, -1.0]], "float32")
    ends = {"logits": z_t}, {"logits": z_s}
    # 1 + 4 + 4 + 1
    np.testing.assert_allclose(logits(*ends), [10.0], rtol=1e-6)
    # critic -log sig(1) + ln 2, half of ln 2 more; student ln 2; label 1.
    classes = -np.log(softmax(z_t)) - 2 * np.log(softmax(z_s))
    expected = softplus(-1) + 2.5 * np.log(2) + 0.25 * classes[0, 1]
    found = game(*ends, labels=np.array([1]))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_knowledge_is_squeezed_to_the_width_of_the_logits_at_every_depth():
    losses = build().distillation_losses[2:]
    assert [loss.name for loss in losses] == [
        f"squeezed_stage{i}" for i in (1, 2, 3)
    ]
    for loss in losses:
        assert loss.layer.kernel.shape[1] == 4
        assert loss.parts[0].student_transform.kernel.shape[1] == 4


def test_the_student_does_not_move_the_teachers_estimator():
    loss = build(pairs=(("stage2", "stage2"),)).distillation_losses[2]
    gradients = []
    for factor in (1.0, 4.0):
        own = {name: factor * tap for name, tap in STUDENT.items()}
        with tf.GradientTape() as tape:
            values = loss(TEACHER, own)
        gradients.append(tape.gradient(values, loss.layer.kernel.value))
    np.testing.assert_array_equal(*gradients)


def test_needs_no_labels_without_classes():
    model = build(class_weight=0.0)
    model.compile("adam")
    x, _ = cases.images(8)
    assert np.isfinite(model.fit(x, verbose=0).history["loss"][0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"l2": -1.0}, "l2 must be"),
        ({"confusion": -1.0}, "and confusion"),
        ({"pairs": (("embedding", "stage1"),)}, "needs two taps"),
        ({"teacher": cases.cnn((6, 8, 12), classes=7)}, "one shape"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
