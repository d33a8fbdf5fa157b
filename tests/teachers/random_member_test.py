import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import harness
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import NoisyLogitsTeacher
from tfkd.teachers import RandomMemberTeacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import FirstClasses

X, _ = batch()


def members():
    return [dense((9,), seed=1), dense((9,), seed=2)]


def drawn(teacher, models, count):
    """Which member answered, of each call."""
    teacher.connect(("logits",), dense())
    expected = [np.array(model(X)) for model in models]
    call = tf.function(lambda: teacher(X)["logits"])
    result = []
    for _ in range(count):
        found = np.array(call())
        result.append(
            [np.allclose(found, one, rtol=1e-5) for one in expected].index(True)
        )
    return np.array(result)


def test_members_are_drawn_by_weight():
    models = members()
    found = drawn(RandomMemberTeacher(models, weights=[1, 3]), models, 400)
    # 4 deviations of sqrt(3/4 * 1/4 / 400).
    assert abs(found.mean() - 0.75) < 0.087


def test_a_weight_of_zero_is_never_drawn():
    models = members()
    found = drawn(RandomMemberTeacher(models, weights=[0, 1]), models, 30)
    assert found.all()


def test_only_the_member_that_is_drawn_runs():
    models = members()
    teacher = RandomMemberTeacher(models)
    teacher.connect(("logits",), dense())
    with (
        harness.counted_calls(models[0]) as first,
        harness.counted_calls(models[1]) as second,
    ):
        for _ in range(10):
            teacher(X)
    assert len(first) + len(second) == 10
    assert first
    assert second


def test_a_transform_makes_taps_of_one_shape():
    models = [dense((9,), seed=1), dense((6,), seed=2)]
    teacher = RandomMemberTeacher(
        models, weights=[0, 1], transforms={"stage1": FirstClasses(4)}
    )
    specs = teacher.connect(("stage1", "logits"), dense())
    assert tuple(specs["stage1"].shape) == (None, 4)
    expected = models[1].get_layer("stage1").output
    expected = keras.Model(models[1].input, expected)(X)[:, :4]
    np.testing.assert_allclose(teacher(X)["stage1"], expected, rtol=1e-5)
    config = keras.saving.serialize_keras_object(teacher)["config"]
    assert list(config["transforms"]) == ["stage1"]


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="needs at least one"):
        RandomMemberTeacher([])
    with pytest.raises(InputError, match="weights of teachers must be 2"):
        RandomMemberTeacher(members(), weights=[1.0])
    with pytest.raises(InputError, match="among frozen teachers"):
        RandomMemberTeacher([NoisyLogitsTeacher(dense(), stddev=1.0)])
    with pytest.raises(InputError, match="shapes differ"):
        RandomMemberTeacher([dense(), dense(classes=3)]).connect(
            ("logits",), dense()
        )


def test_two_distillers_may_have_one_teacher():
    teacher = RandomMemberTeacher(
        members(), transforms={"logits": FirstClasses(2)}
    )
    teacher.connect(("logits",), dense())
    assert set(teacher.connect(("stage1",), dense())) == {"stage1"}
    found = teacher(X)
    assert found["logits"].shape == (8, 2)
    assert found["stage1"].shape == (8, 9)


def test_members_may_read_the_student():
    teacher = RandomMemberTeacher([SelfTeacher(), SelfTeacher()])
    assert teacher.reads_from_student(("logits",)) == ("logits",)
