import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network(filters=(2, 3), num_classes=3):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=num_classes, filters=filters
    )


def build(**arguments):
    arguments = {
        "teacher": network((3, 4)),
        "student": network(),
        **arguments,
    }
    return methods.get("pfs_seg").build(**arguments)


def cosines(f):
    f = f.reshape(len(f), -1, f.shape[-1])
    f = f / np.linalg.norm(f, axis=-1, keepdims=True)
    return f @ f.swapaxes(1, 2)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def test_parts_are_the_equation():
    random = np.random.default_rng(0)
    f_t = random.normal(size=(2, 4, 4, 4))
    f_s = random.normal(size=(2, 4, 4, 3))
    t, s = random.normal(size=(2, 2, 8, 8, 3))
    y = random.integers(-1, 3, (2, 8, 8))
    similar = np.mean((cosines(f_t) - cosines(f_s)) ** 2, axis=(1, 2))
    p, q = softmax(t), softmax(s)
    picked = np.take_along_axis(p - q, np.maximum(y, 0)[..., None], -1)
    gap = np.where(y < 0, 0, np.maximum(picked[..., 0], 0))
    kl = np.sum(p * np.log(p / q), axis=-1)
    expected = (similar, np.mean(gap * kl, axis=(1, 2)))
    taps = [
        {"stage2": f.astype("float32"), "logits": z.astype("float32")}
        for f, z in ((f_t, t), (f_s, s))
    ]
    for loss, value in zip(build().distillation_losses, expected):
        np.testing.assert_allclose(
            loss(*taps, labels=y), value, rtol=1e-5, err_msg=loss.name
        )


def test_a_larger_map_is_averaged_to_the_smaller():
    random = np.random.default_rng(0)
    f_t = random.normal(size=(2, 8, 8, 3))
    f_s = random.normal(size=(2, 4, 4, 3))
    mean = f_t.reshape(2, 4, 2, 4, 2, 3).mean(axis=(2, 4))
    expected = np.mean((cosines(mean) - cosines(f_s)) ** 2, axis=(1, 2))
    loss, _ = build(teacher_tap="stage1").distillation_losses
    found = loss(
        {"stage1": f_t.astype("float32")}, {"stage2": f_s.astype("float32")}
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"similarity_weight": -1.0}, "weight must be"),
        ({"gap_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student": network(num_classes=4)}, "score the same"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
