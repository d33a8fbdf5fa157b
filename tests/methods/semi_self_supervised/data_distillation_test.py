import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import CachedTeacher

X, Y = cases.images(8)


def build(**arguments):
    arguments = {
        "teacher": cases.teacher(),
        "student": cases.student(),
        **arguments,
    }
    return methods.get("data_distillation").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_the_mean_of_mirrored_views_becomes_a_label():
    teacher, student = cases.teacher(), cases.student()
    distiller = build(
        teacher=teacher, student=student, scales=(1.0,), threshold=0.26
    )
    q = [softmax(np.array(teacher(x))) for x in (X, X[:, :, ::-1])]
    q = np.mean(q, axis=0)
    p = softmax(np.array(student(X)))
    sure = q.max(axis=1) >= 0.26
    assert sure.sum() > 0
    cross = -np.log(p[np.arange(8), q.argmax(axis=1)])
    labels = np.where(np.arange(8) < 2, Y, -1)
    # The first two have labels of their own.
    expected = np.where(sure & (labels < 0), cross, 0.0)
    (loss,) = distiller.distillation_losses
    found = loss(distiller.teacher(X), {"logits": student(X)}, labels=labels)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_every_scale_is_a_view_and_mirrored_too():
    assert len(build(scales=(0.8, 1.2)).teacher.members) == 4
    assert len(build(mirror=False).teacher.members) == 3


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": CachedTeacher({"logits": (4,)})}, "what one network sees"),
        ({"scales": ()}, "at least one scale"),
        ({"scales": (0.0,)}, "scale must be"),
        ({"threshold": 1.0}, "must be in \\[0, 1\\)"),
        (
            {
                "teacher": models.build(
                    "mlp", input_shape=(3,), num_classes=4, units=(4,)
                )
            },
            "can be scaled",
        ),
        ({"student": cases.cnn((4, 6, 8), classes=3)}, "same classes"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
