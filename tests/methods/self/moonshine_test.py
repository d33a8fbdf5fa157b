import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.cheap_convs import cheapen


def build(**arguments):
    teacher = arguments.pop("teacher", None) or cases.teacher()
    student = arguments.pop("student", None) or cheapen(teacher, bottleneck=2)
    return methods.get("moonshine").build(
        teacher=teacher, student=student, **arguments
    )


def test_is_the_papers_equation():
    distiller = build(weight=60.0)
    t = np.array([[[[1.0, 1.0], [0.0, 0.0]]]], "float32")
    s = np.array([[[[0.0, 0.0], [0.0, 3.0]]]], "float32")
    # Maps (2, 0) and (0, 9) become (1, 0) and (0, 1): the mean of squares is
    # (1 + 1) / 2 = 1 at each of three groups; 60 * 3 / 3 * (1 + 1 + 1).
    total = 0.0
    for loss, factor in zip(
        distiller.distillation_losses, distiller.distillation_loss_weights
    ):
        (tap,) = loss.teacher_taps
        total += factor * loss.weight(0) * loss({tap: t}, {tap: s})
    np.testing.assert_allclose(total, [180.0], rtol=1e-5)


def test_the_weight_is_shared_by_the_groups():
    distiller = build(pairs=(("stage2", "stage2"),))
    assert distiller.distillation_loss_weights == [3.0]
    assert build().distillation_loss_weights == [1.0] * 3


def test_an_unrelated_student_is_our_error():
    with pytest.raises(InputError, match="teacher with cheaper convolutions"):
        build(student=cases.student())
    with pytest.raises(InputError, match=r"'stage3': .* None"):
        build(
            student=models.build(
                "cnn",
                input_shape=cases.SHAPE,
                num_classes=4,
                filters=(6, 8),
                strides=(1, 2),
            )
        )
