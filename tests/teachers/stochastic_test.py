"""What all teachers that draw random numbers have in common."""

import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import teachers
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets

X, Y = batch()
KINDS = {
    "dropout": lambda **k: teachers.DropoutTeacher(
        dense((9,)), rate=0.5, taps=("stage1",), **k
    ),
    "noise": lambda **k: teachers.NoisyLogitsTeacher(
        dense((9,)), stddev=0.5, **k
    ),
    "skip": lambda **k: teachers.SkippingTeacher(
        dense((6, 6)), rate=0.5, blocks=(("stage1", "stage2"),), **k
    ),
    "member": lambda **k: teachers.RandomMemberTeacher(
        [dense((9,), seed=1), dense((9,), seed=2)], **k
    ),
}


def answers(teacher, count=8):
    teacher.connect(("logits",), dense())
    return np.array([teacher(X)["logits"] for _ in range(count)])


@pytest.mark.parametrize("kind", KINDS)
def test_answers_differ_and_seeds_repeat(kind):
    first = answers(KINDS[kind](seed=3))
    assert len(np.unique(first, axis=0)) > 1
    np.testing.assert_array_equal(first, answers(KINDS[kind](seed=3)))
    assert not np.array_equal(first, answers(KINDS[kind](seed=4)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_training_gets_the_answers_it_would_have_got(kind, tmp_path):
    path = tmp_path / "state.weights.h5"

    def built():
        model = Distiller(
            student=dense(seed=5),
            teacher=KINDS[kind](),
            distillation_losses=SoftTargets(),
        )
        model.compile("sgd", SPARSE)
        return model

    model, resumed = built(), built()
    model.fit(X, Y, epochs=3, verbose=0)
    model.save_weights(path)
    resumed.load_weights(path)
    expected = [np.array(model.teacher(X)["logits"]) for _ in range(8)]
    found = [np.array(resumed.teacher(X)["logits"]) for _ in range(8)]
    np.testing.assert_array_equal(expected, found)


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_and_no_weight_of_its_own(kind):
    teacher = KINDS[kind](seed=7)
    assert teacher.stochastic
    assert not teacher.trainable_variables
    # Only where the random numbers stand.
    assert [tuple(v.shape) for v in teacher.variables] == [(2,)]
    config = keras.saving.serialize_keras_object(teacher)
    again = keras.saving.deserialize_keras_object(config)
    ours, theirs = teacher.get_config(), again.get_config()
    for name in ours.keys() - {"model", "teacher", "teachers"}:
        assert ours[name] == theirs[name], name


def test_stored_answers_are_refused():
    model = Distiller(
        student=dense(),
        # An ensemble with one such member is such a teacher too.
        teacher=teachers.EnsembleTeacher([KINDS["noise"](), dense((9,))]),
        distillation_losses=SoftTargets(),
    )
    model.compile("sgd", SPARSE, run_eagerly=True)
    x = {"student": X, "cached": {"logits": np.zeros((8, 4), "float32")}}
    with pytest.raises(InputError, match="stored answers cannot stand for it"):
        model.fit(x, Y, verbose=0)
