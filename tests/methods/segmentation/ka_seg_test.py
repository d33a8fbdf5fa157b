import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.conformance.cases.segmentation import masks
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network(filters=(2, 3), num_classes=3):
    return segmentation.model(
        input_shape=(8, 8, 1), num_classes=num_classes, filters=filters
    )


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments = {
        "teacher": network((3, 4)),
        "student": network(),
        "paraphraser_steps": 2,
        **arguments,
    }
    return methods.get("ka_seg").build(**arguments)


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-30)


def test_the_second_stage_is_the_papers_equation():
    random = np.random.default_rng(0)
    t = random.uniform(size=(2, 4, 4, 4)).astype("float32")
    s = random.uniform(size=(2, 4, 4, 3)).astype("float32")
    (loss,) = build().distillation_losses
    code = unit(np.asarray(loss.frozen(t), "float64")).reshape(2, 16, -1)
    own, other = (
        unit(np.asarray(adapter(s), "float64")).reshape(2, 16, -1)
        for adapter in (loss.code_adapter, loss.affinity_adapter)
    )
    # 50 times the L1 norm of a position's codes, once the rows of cosines.
    expected = 50 * np.abs(code - own).sum(-1).mean(-1)
    rows = code @ code.swapaxes(1, 2) - other @ other.swapaxes(1, 2)
    expected = expected + np.linalg.norm(rows, axis=-1).mean(-1)
    found = loss({"stage2": t}, {"stage2": s}, step=3)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_student_waits_for_the_code():
    student = segmentation.model(filters=(2, 3))
    model = build(teacher=segmentation.model(filters=(3, 4)), student=student)
    model.compile("sgd", segmentation.loss(), jit_compile=False)
    before = student.get_layer("logits").get_weights()[0]
    x, y = masks(count=24)
    model.fit(x[:16], y[:16], batch_size=8, verbose=0)
    np.testing.assert_array_equal(
        student.get_layer("logits").get_weights()[0], before
    )
    model.fit(x[16:], y[16:], batch_size=8, verbose=0)
    after = student.get_layer("logits").get_weights()[0]
    assert not np.array_equal(after, before)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"paraphraser_steps": 0}, "must be a whole number >= 1"),
        ({"rate": 0.0}, "rate must be > 0"),
        ({"p": 3}, "needs p of 1 or 2"),
        ({"code_penalty": -1.0}, "finite numbers >= 0"),
        ({"weight": -1.0}, "finite numbers >= 0"),
        ({"affinity_weight": -1.0}, "finite numbers >= 0"),
        ({"task_weight": -1.0}, "task_weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
