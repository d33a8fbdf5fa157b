"""What a user gets wrong, as a user meets it: in build, compile and fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tests.distillers.distiller_test import distiller
from tfkd import methods
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.teachers import SelfTeacher
from tfkd.transforms import PairDistances


def build(key, teacher=None, student=None, **arguments):
    return methods.get(key).build(
        teacher=dense((9,)) if teacher is None else teacher,
        student=dense(seed=1) if student is None else student,
        **arguments,
    )


def fit(model, x, y=None, loss=None, **arguments):
    model.compile("sgd", loss)
    return model.fit(x, y, verbose=0, **arguments)


def match(teacher_tap, student_tap="stage1"):
    return FeatureMatch(teacher_tap=teacher_tap, student_tap=student_tap)


@pytest.mark.parametrize(
    ("taps", "wrong"),
    [(("stagee1", "stage1"), "stagee1"), (("stage1", "stag1"), "stag1")],
)
def test_a_wrong_tap_lists_the_closest_and_how_to_see_all(taps, wrong):
    pattern = rf"no tap .*'{wrong}'.*Closest: 'stage1'.*tfkd\.taps\.summary"
    with pytest.raises(InputError, match=pattern):
        distiller(losses=match(*taps))


def test_other_classes_name_both_shapes_and_what_to_do():
    pattern = r"same classes.*\(None, 7\) and \(None, 4\).*as many outputs"
    with pytest.raises(InputError, match=pattern):
        build("hinton_kd", teacher=dense(classes=7))


def classifier(seed, end=None):
    """Three dense layers; `end` makes probabilities of the logits."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    x = keras.layers.Dense(6, "relu", name="stage1")(inputs)
    if end == "argument":
        return keras.Model(inputs, keras.layers.Dense(4, "softmax")(x))
    x = keras.layers.Dense(4, name="scores")(x)
    ends = {
        "layer": keras.layers.Softmax(),
        "activation": keras.layers.Activation("softmax"),
        "operation": keras.ops.softmax,
    }
    return keras.Model(inputs, ends[end](x) if end else x)


@pytest.mark.parametrize("side", ["teacher", "student"])
@pytest.mark.parametrize(
    "end", ["argument", "layer", "activation", "operation"]
)
def test_a_softmax_at_the_end_is_not_applied_twice(end, side):
    x, _ = batch()
    changed = classifier(0 if side == "teacher" else 1, end)
    np.testing.assert_allclose(np.sum(changed(x), -1), 1, rtol=1e-5)
    values = []
    for models in ({}, {side: changed}):
        models = {"teacher": classifier(0), "student": classifier(1), **models}
        model = distiller(**models, losses=SoftTargets())
        model.compile("sgd", "mse", run_eagerly=True)
        logs = model.train_on_batch(
            x, np.zeros((8, 4), "float32"), return_dict=True
        )
        values.append(logs["soft_targets"])
    assert values[1] == pytest.approx(values[0], rel=1e-5)


def test_other_shapes_name_both_and_the_transform():
    pattern = (
        r"one shape, received teacher \(None, 9\) and student \(None, 6\)"
        r".*tfkd\.transforms\.Regressor\(\)"
    )
    with pytest.raises(InputError, match=pattern):
        distiller(losses=match("stage1"))


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_a_temperature_must_be_positive(temperature):
    with pytest.raises(InputError, match=r"temperature must be .*> 0"):
        build("hinton_kd", temperature=temperature)


def pairs():
    return FeatureMatch(
        teacher_tap="stage1",
        student_tap="stage1",
        teacher_transform=PairDistances(),
        student_transform=PairDistances(),
        name="pairs",
    )


def test_pairs_need_two_examples():
    inputs = keras.Input(batch_shape=(1, 5))
    x = keras.layers.Dense(6, name="stage1")(inputs)
    one = keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))
    with pytest.raises(InputError, match=r"two or more.*\(1, 6\)"):
        distiller(student=one, losses=pairs())


def test_a_last_batch_of_one_has_no_pairs_and_does_not_end_a_training():
    x, y = batch(1)
    history = fit(distiller(losses=pairs()), x, y, SPARSE).history
    assert history["pairs"] == [0.0]
    assert np.isfinite(history["loss"][0])


def test_a_memory_bank_needs_an_index():
    x, y = batch()
    model = build(
        "crd", size=8, teacher_tap="stage1", student_tap="stage1", negatives=2
    )
    with pytest.raises(InputError, match="needs the stable number of each"):
        fit(model, x, y, SPARSE)


def of_labels():
    return Distiller(
        student=dense(seed=1),
        teacher=SelfTeacher(),
        distillation_losses=TaskLoss(student_tap="logits"),
        student_loss_weight=0.0,
    )


def test_a_loss_that_needs_labels_says_so():
    x, _ = batch()
    model = of_labels()
    with pytest.raises(InputError, match="'task' needs labels"):
        fit(model, x)
    with pytest.raises(InputError, match="loss of the task needs labels"):
        fit(distiller(), x, loss=SPARSE)


def test_unlabelled_examples_count_nothing_in_a_loss_of_labels():
    x, y = batch()
    model = of_labels()
    assert fit(model, x, 0 * y - 1).history["task"] == [0.0]


def test_a_teacher_that_no_loss_reads_is_our_error():
    with pytest.raises(InputError, match="must read the teacher.*'task'"):
        distiller(losses=TaskLoss(student_tap="logits"))


def one_at_a_time(x):
    data = tf.data.Dataset.from_tensor_slices((x, np.zeros(len(x), "int32")))
    return {"x": data.batch(1, drop_remainder=True)}


@pytest.mark.parametrize(
    "arguments",
    [
        lambda x: {"x": x, "y": np.zeros(len(x), "int32"), "batch_size": 1},
        one_at_a_time,
    ],
    ids=["batch_size", "dataset"],
)
def test_batches_of_one_are_refused_where_examples_are_compared(arguments):
    x, _ = batch()
    pair = {"teacher_tap": "stage1", "student_tap": "stage1"}
    for key, given in (
        ("sp", {"pairs": (("stage1", "stage1"),)}),
        ("rkd", pair),
    ):
        model = build(key, **given)
        with pytest.raises(InputError, match="need at least two.*batch_size"):
            fit(model, loss=SPARSE, **arguments(x))


def test_batches_of_one_train_where_no_examples_are_compared():
    x, y = batch()
    fit(build("hinton_kd"), x, y, loss=SPARSE, batch_size=1)


def test_evaluation_without_labels_says_what_is_missing():
    x, _ = batch()
    model = distiller()
    model.compile("sgd", SPARSE)
    with pytest.raises(InputError, match="needs labels.*has none"):
        model.evaluate(x, verbose=0)
