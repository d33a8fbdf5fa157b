import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import teachers
from tfkd.errors import InputError


def test_it_runs_in_inference_mode():
    model = cases.teacher()
    teacher = teachers.FrozenTeacher(model)
    teacher.connect(("logits",), cases.student())
    x, _ = cases.images()
    before = [np.array(v) for v in model.variables]
    np.testing.assert_allclose(teacher(x)["logits"], model(x), rtol=1e-5)
    for old, new in zip(before, model.variables):
        np.testing.assert_array_equal(old, np.array(new))


def test_a_policy_of_half_precision_leaves_a_float32_teacher_alone():
    model, x = dense(), 1e5 * batch()[0]
    keras.config.set_dtype_policy("mixed_float16")
    try:
        teacher = teachers.FrozenTeacher(model)
        own = teachers.SelfTeacher()
    finally:
        keras.config.set_dtype_policy("float32")
    for each in (teacher, own):
        each.connect(("logits",), model)
    logits = model(x)
    found = [teacher(x), own(x, student={"logits": logits})]
    for taps in found:
        np.testing.assert_array_equal(taps["logits"], logits)


def test_its_weights_are_not_its_own():
    teacher = teachers.FrozenTeacher(dense())
    teacher.connect(("logits",), dense())
    assert not teacher.variables


def test_what_is_no_model_is_our_error():
    with pytest.raises(InputError, match="load_model"):
        teachers.FrozenTeacher("teacher.keras")


def test_cached_answers_must_be_in_the_batch():
    teacher = teachers.CachedTeacher({"logits": (4,)})
    specs = teacher.connect(("logits",), dense())
    assert specs["logits"].shape == (None, 4)
    with pytest.raises(InputError, match="stored answers only"):
        teacher(batch()[0])
    with pytest.raises(InputError, match="cached tap"):
        teacher.connect(("stage1",), dense())


def test_a_self_teacher_reads_the_student():
    teacher = teachers.SelfTeacher()
    assert teacher.reads_from_student(("logits",)) == ("logits",)
    assert set(teacher.connect(("logits",), dense())) == {"logits"}
    assert teacher(None, student={"logits": 1, "x": 2}) == {"logits": 1}
