import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network(num_classes=3):
    return segmentation.model(
        input_shape=(4, 4, 1), num_classes=num_classes, filters=(2, 3)
    )


def build(**arguments):
    arguments = {"teacher": network(), "student": network(), **arguments}
    return methods.get("fast_seg_ts").build(**arguments)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def changes(p):
    """Mean difference of every pixel to those around it, pair by pair."""
    found = np.zeros(p.shape[:3])
    for i in np.ndindex(4, 4):
        lengths = [
            np.linalg.norm(p[:, i[0], i[1]] - p[:, j[0], j[1]], axis=-1)
            for j in np.ndindex(4, 4)
            if j != i and max(abs(j[0] - i[0]), abs(j[1] - i[1])) == 1
        ]
        found[:, i[0], i[1]] = np.mean(lengths, axis=0)
    return found


def test_parts_are_the_equation():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 4, 4, 3))
    y = random.integers(0, 3, (2, 4, 4))
    # The second image has no mask, the first lacks one pixel.
    y[1] = -1
    y[0, 2, 1] = -1
    p_t, p_s = softmax(t), softmax(s)
    zero = np.mean((p_t - p_s) ** 2, axis=(1, 2, 3))
    first = np.mean((changes(p_t) - changes(p_s)) ** 2, axis=(1, 2))
    picked = np.take_along_axis(p_s, p_t.argmax(-1)[..., None], -1)[..., 0]
    pseudo = np.mean((y < 0) * -np.log(picked), axis=(1, 2))
    losses = build().distillation_losses
    taps = [{"logits": z.astype("float32")} for z in (t, s)]
    for loss, expected in zip(losses, (zero, first, pseudo)):
        np.testing.assert_allclose(
            loss(*taps, labels=y), expected, rtol=1e-4, err_msg=loss.name
        )


def test_a_shift_of_all_probabilities_is_no_first_order_knowledge():
    # Probabilities that are equal everywhere change nowhere.
    t = np.log(np.float32([0.6, 0.3, 0.1])) * np.ones((1, 4, 4, 1), "float32")
    s = np.log(np.float32([0.2, 0.2, 0.6])) * np.ones((1, 4, 4, 1), "float32")
    zero, first, _ = build().distillation_losses
    assert float(zero({"logits": t}, {"logits": s})[0]) > 0.05
    found = first({"logits": t}, {"logits": s})
    np.testing.assert_allclose(found, [0.0], atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pixel_weight": -1.0}, "weight must be"),
        ({"consistency_weight": -1.0}, "weight must be"),
        ({"pseudo_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"student": network(4)}, "tensors of one shape"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
