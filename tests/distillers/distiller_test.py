"""The training loop's contract."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfkd
from tests.conformance import cases
from tests.conformance import harness
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.teachers import FrozenTeacher

SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def dense(units=(6,), classes=4, shape=(5,), seed=0, **kwargs):
    keras.utils.set_random_seed(seed)
    inputs = x = keras.Input(shape)
    for number, width in enumerate(units, start=1):
        x = keras.layers.Dense(width, "relu", name=f"stage{number}", **kwargs)(
            x
        )
    outputs = keras.layers.Dense(classes, name="logits", **kwargs)(x)
    return keras.Model(inputs, outputs)


def batch(count=8, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 5)).astype("float32")
    return x, (np.arange(count) % 4).astype("int32")


def distiller(student=None, teacher=None, losses=None, weight=0.5, **kwargs):
    model = Distiller(
        student=dense(seed=1) if student is None else student,
        teacher=dense((9,)) if teacher is None else teacher,
        distillation_losses=losses or SoftTargets(temperature=2.0),
        student_loss_weight=weight,
        **kwargs,
    )
    model.compile(
        keras.optimizers.SGD(0.1), loss=SPARSE, weighted_metrics=["accuracy"]
    )
    return model


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expected_parts(model, x, y, temperature=2.0):
    """Cross-entropy and T^2 KL of each example, in float64 NumPy."""
    s = model.student.predict(x, verbose=0).astype("float64")
    t = model.teacher.model.predict(x, verbose=0).astype("float64")
    ce = -np.log(softmax(s)[np.arange(len(y)), y])
    q, p = softmax(t / temperature), softmax(s / temperature)
    return ce, temperature**2 * np.sum(q * np.log(q / p), -1)


def test_total_is_the_weighted_sum_of_its_parts():
    model = distiller(losses=SoftTargets(temperature=2.0, weight=0.7))
    x, y = batch()
    ce, kd = expected_parts(model, x, y)
    logs = model.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["task_loss"], ce.mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["soft_targets"], kd.mean(), rtol=1e-5)
    np.testing.assert_allclose(
        logs["loss"], 0.5 * ce.mean() + 0.7 * kd.mean(), rtol=1e-5
    )


def test_sample_weights_count_in_every_part():
    model = distiller()
    x, y = batch()
    ce, kd = expected_parts(model, x, y)
    weight = np.linspace(0, 2, 8).astype("float32")
    logs = model.train_on_batch(x, y, sample_weight=weight, return_dict=True)
    np.testing.assert_allclose(
        logs["task_loss"], np.mean(ce * weight), rtol=1e-5
    )
    np.testing.assert_allclose(
        logs["soft_targets"], np.mean(kd * weight), rtol=1e-5
    )


@pytest.mark.parametrize("by_position", [False, True])
def test_dense_labels_take_sample_weights(by_position):
    def segmenter(filters, seed):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input((2, 3, 1))
        x = keras.layers.Conv2D(filters, 1, activation="relu")(inputs)
        return keras.Model(inputs, keras.layers.Conv2D(4, 1)(x))

    model = distiller(segmenter(3, 0), segmenter(5, 1))
    random = np.random.default_rng(0)
    x = random.normal(size=(4, 2, 3, 1)).astype("float32")
    y = random.integers(-1, 4, (4, 2, 3))
    shape = y.shape if by_position else (4,)
    weight = random.uniform(0, 2, shape).astype("float32")
    s = model.student.predict(x, verbose=0).astype("float64")
    t = model.teacher.model.predict(x, verbose=0).astype("float64")
    every = weight if by_position else weight[:, None, None] + 0.0 * y
    log_p = np.log(softmax(s))
    known = np.maximum(y, 0)[..., None]
    ce = -np.take_along_axis(log_p, known, -1)[..., 0] * (y >= 0)
    q, p = softmax(t / 2), softmax(s / 2)
    kd = 4 * np.sum(q * np.log(q / p), -1).mean((1, 2))
    logs = model.evaluate(
        x, y, sample_weight=weight, verbose=0, return_dict=True
    )
    want = np.mean(ce * every)
    np.testing.assert_allclose(logs["loss"], want, rtol=1e-5)
    right = (s.argmax(-1) == y) * every
    expected = right.sum() / (every * (y >= 0)).sum()
    np.testing.assert_allclose(logs["accuracy"], expected, rtol=1e-5)
    logs = model.fit(x, y, sample_weight=weight, verbose=0).history
    np.testing.assert_allclose(logs["task_loss"][0], want, rtol=1e-5)
    want = np.mean(kd * every.mean((1, 2)))
    np.testing.assert_allclose(logs["soft_targets"][0], want, rtol=1e-5)


def test_class_weights_are_sample_weights():
    x, y = batch()
    by_class = {0: 1.0, 1: 2.0, 2: 0.5, 3: 0.0}
    first = distiller().train_on_batch(
        x, y, class_weight=by_class, return_dict=True
    )
    weight = np.array([by_class[int(label)] for label in y], "float32")
    second = distiller().train_on_batch(
        x, y, sample_weight=weight, return_dict=True
    )
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-6)


def test_regularizers_are_added_once_and_no_weight_scales_them():
    student = dense(seed=1, kernel_regularizer=keras.regularizers.L2(0.1))
    model = distiller(student=student, weight=0.25)
    x, y = batch()
    ce, kd = expected_parts(model, x, y)
    kernels = [w for w in student.get_weights() if w.ndim == 2]
    penalty = sum(0.1 * np.sum(np.square(w, dtype="float64")) for w in kernels)
    logs = model.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["task_loss"], ce.mean(), rtol=1e-4)
    np.testing.assert_allclose(
        logs["loss"], 0.25 * ce.mean() + kd.mean() + penalty, rtol=1e-5
    )


def test_the_student_runs_once_a_step_with_feature_taps():
    student = dense((6, 6), seed=1)
    losses = [
        SoftTargets(),
        FeatureMatch(teacher_tap="stage1", student_tap="stage1", name="a"),
        FeatureMatch(teacher_tap="stage2", student_tap="stage2", name="b"),
    ]
    model = distiller(student, dense((6, 6)), losses)
    model.run_eagerly = True
    with harness.counted_calls(student) as calls:
        model.train_on_batch(*batch())
    assert len(calls) == 1


def test_the_teacher_is_cut_after_its_last_tap():
    teacher = dense((6, 6, 6))
    losses = FeatureMatch(teacher_tap="stage1", student_tap="stage1")
    model = distiller(teacher=teacher, losses=losses)
    cut = model.teacher._frozen.extractor._function
    names = {layer.name for layer in cut.layers if layer.weights}
    assert names == {"stage1"}


def test_evaluation_and_prediction_do_not_run_the_teacher():
    teacher = dense((9,))
    model = distiller(teacher=teacher)
    model.run_eagerly = True
    x, y = batch()
    with harness.counted_calls(teacher) as calls:
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        outputs = model.predict(x, verbose=0)
    assert not calls
    assert set(logs) == {"loss", "accuracy"}
    np.testing.assert_array_equal(outputs, model.student.predict(x, verbose=0))


def test_cached_taps_replace_the_teacher():
    teacher = dense((9,))
    x, y = batch()
    live = distiller(teacher=teacher).train_on_batch(x, y, return_dict=True)
    stored = teacher.predict(x, verbose=0)
    model = distiller(teacher=teacher)
    model.run_eagerly = True
    with harness.counted_calls(teacher) as calls:
        logs = model.train_on_batch(
            {"student": x, "cached": {"logits": stored}}, y, return_dict=True
        )
    assert not calls
    assert logs["loss"] == pytest.approx(live["loss"], rel=1e-6)


def test_an_unlabelled_example_counts_in_distillation_only():
    model = distiller()
    x, y = batch()
    ce, kd = expected_parts(model, x, y)
    hidden = np.where(np.arange(8) < 4, -1, y)
    logs = model.train_on_batch(x, hidden, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], kd.mean(), rtol=1e-5)
    # The mean is over all eight, four of which have weight 0.
    np.testing.assert_allclose(logs["task_loss"], ce[4:].sum() / 8, rtol=1e-5)


def test_a_fully_unlabelled_batch_is_finite():
    x, y = batch()
    logs = distiller().train_on_batch(x, 0 * y - 1, return_dict=True)
    assert logs["task_loss"] == 0
    assert np.isfinite(logs["loss"])


def test_teacher_and_student_may_see_different_views():
    x, y = batch()
    other = x + 1
    model = distiller()
    _, kd = expected_parts(model, x, y)
    s = model.student.predict(x, verbose=0).astype("float64")
    t = model.teacher.model.predict(other, verbose=0).astype("float64")
    q, p = softmax(t / 2), softmax(s / 2)
    logs = model.train_on_batch(
        {"student": x, "teacher": other}, y, return_dict=True
    )
    want = 4 * np.mean(np.sum(q * np.log(q / p), -1))
    np.testing.assert_allclose(logs["soft_targets"], want, rtol=1e-5)
    assert abs(want - kd.mean()) > 1e-3


def test_the_teacher_may_have_its_own_preprocessing():
    teacher = dense((9,))
    x, y = batch()
    scaled = distiller(
        teacher=FrozenTeacher(
            teacher, preprocessing=keras.layers.Rescaling(2.0)
        )
    ).train_on_batch(x, y, return_dict=True)
    by_hand = distiller(teacher=teacher).train_on_batch(
        {"student": x, "teacher": 2 * x}, y, return_dict=True
    )
    assert scaled["soft_targets"] == pytest.approx(
        by_hand["soft_targets"], rel=1e-6
    )


@pytest.mark.parametrize("kind", [dict, tuple])
def test_models_may_take_structures(kind):
    def model(seed):
        keras.utils.set_random_seed(seed)
        a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
        x = keras.layers.Concatenate()([a, b])
        inputs = {"a": a, "b": b} if kind is dict else (a, b)
        return keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))

    x, y = batch()
    x = {"a": x, "b": 2 * x} if kind is dict else (x, 2 * x)
    trained = distiller(model(0), model(1))
    dataset = tf.data.Dataset.from_tensors((x, y))
    logs = trained.fit(dataset, shuffle=False, verbose=0).history
    assert np.isfinite(logs["loss"][0])
    assert np.isfinite(trained.evaluate(dataset, verbose=0)[0])


def test_a_student_may_have_several_outputs():
    inputs = keras.Input((5,))
    logits = keras.layers.Dense(4, name="logits")(inputs)
    size = keras.layers.Dense(1, name="size")(inputs)
    model = Distiller(
        student=keras.Model(inputs, {"logits": logits, "size": size}),
        teacher=dense((9,)),
        distillation_losses=SoftTargets(),
    )
    model.compile("sgd", loss={"logits": SPARSE, "size": "mse"})
    x, y = batch()
    targets = {"logits": y, "size": x[:, :1]}
    logs = model.fit(x, targets, verbose=0).history
    assert np.isfinite(logs["loss"][0])
    assert np.isfinite(model.evaluate(x, targets, verbose=0)[0])


@pytest.mark.parametrize(
    "arguments", [{"steps_per_execution": 2}, {"jit_compile": True}]
)
def test_compile_options_give_the_same_weights(arguments):
    weights = []
    for options in ({"jit_compile": False}, arguments):
        model = distiller(student=dense(seed=1))
        model.compile(keras.optimizers.SGD(0.1), loss=SPARSE, **options)
        x, y = batch(16)
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        weights.append(model.student.get_weights())
    for first, second in zip(*weights):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_a_schedule_changes_the_weight_without_a_new_trace():
    traces = []

    class Counted(tfkd.schedules.Piecewise):
        def __call__(self, step):
            if not isinstance(step, keras.KerasTensor):
                traces.append(1)
            return super().__call__(step)

    weight = Counted([2], [1.0, 0.0])
    model = distiller(losses=SoftTargets(weight=weight), weight=0.0)
    x, y = batch(16)
    history = model.fit(x, y, batch_size=8, epochs=2, verbose=0).history
    assert history["loss"][0] > 0
    assert history["loss"][1] == 0
    assert history["soft_targets"][1] > 0
    count = len(traces)
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    assert len(traces) == count


def test_softmax_outputs_are_read_before_the_softmax():
    logits = dense((9,))
    probabilities = keras.Model(
        logits.input, keras.layers.Softmax()(logits.output)
    )
    student = dense(seed=1)
    x, y = batch()
    first = distiller(student, logits).train_on_batch(x, y, return_dict=True)
    student = dense(seed=1)
    second = distiller(student, probabilities).train_on_batch(
        x, y, return_dict=True
    )
    assert first["soft_targets"] == pytest.approx(
        second["soft_targets"], rel=1e-6
    )


def test_a_loss_without_labels_needs_none():
    model = Distiller(
        student=dense(seed=1),
        teacher=dense((9,)),
        distillation_losses=SoftTargets(),
        student_loss_weight=0.0,
    )
    model.compile("sgd")
    logs = model.fit(batch()[0], verbose=0).history
    assert np.isfinite(logs["loss"][0])
    assert "task_loss" not in logs or logs["task_loss"][0] == 0


def test_distilling_without_labels_may_be_watched_with_them():
    model = Distiller(
        student=dense(seed=1),
        teacher=dense((9,)),
        distillation_losses=SoftTargets(),
        student_loss_weight=0.0,
    )
    x, y = batch()
    model.compile("sgd", metrics=["accuracy"], run_eagerly=True)
    logs = model.fit(x, validation_data=(x, y), verbose=0).history
    # No loss is compiled, and none is made up.
    assert "val_loss" not in logs
    assert "accuracy" not in logs
    right = np.argmax(model.predict(x, verbose=0), axis=-1) == y
    assert logs["val_accuracy"] == [pytest.approx(np.mean(right))]
    model.compile("sgd", loss=SPARSE, metrics=["accuracy"])
    assert "accuracy" not in model.fit(x, verbose=0).history
    logs = model.fit(x, y, validation_data=(x, y), verbose=0).history
    ce, _ = expected_parts(model, x, y)
    assert logs["val_loss"] == [pytest.approx(ce.mean(), rel=1e-5)]
    assert "accuracy" in logs


def test_a_loss_that_ignores_unlabelled_examples_is_their_mean():
    x, y = batch()
    y = np.where(np.arange(8) % 2, y, -1)
    model = distiller()
    ignoring = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=-1
    )
    model.compile("sgd", loss=ignoring, weighted_metrics=["accuracy"])
    ce, _ = expected_parts(model, x, np.maximum(y, 0))
    # Of the four with a label alone, as Keras takes it.
    expected = pytest.approx(ce[y >= 0].mean(), rel=1e-5)
    assert model.evaluate(x, y, verbose=0)[0] == expected
    logs = model.train_on_batch(x, y, return_dict=True)
    assert logs["task_loss"] == expected


def test_a_policy_of_half_precision_leaves_a_float32_student_alone():
    student, teacher = dense(seed=1), dense((9,))
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = distiller(student, teacher)
    finally:
        keras.config.set_dtype_policy("float32")
    x = 1e5 * batch()[0]
    np.testing.assert_array_equal(model(x), student(x))


def test_a_convolutional_student_keeps_its_statistics_in_evaluation():
    model = distiller(cases.student(), cases.teacher())
    before = harness.state(model)
    x, y = cases.data()
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    after = harness.state(model)
    for name, value in before.items():
        np.testing.assert_array_equal(value, after[name], err_msg=name)


def test_other_classes_are_our_error():
    with pytest.raises(InputError, match="same classes"):
        distiller(teacher=dense(classes=7))


def test_other_widths_name_the_transform():
    loss = FeatureMatch(
        teacher_tap="stage1", student_tap="stage1", distance=LpDistance()
    )
    with pytest.raises(InputError, match="Regressor"):
        distiller(losses=loss)


def test_an_unknown_tap_lists_the_closest():
    loss = FeatureMatch(teacher_tap="stage2", student_tap="stage1")
    with pytest.raises(InputError, match="'stage1'.*tfkd.taps.summary"):
        distiller(losses=loss)


def test_two_losses_of_one_name_are_our_error():
    with pytest.raises(InputError, match="name of its own"):
        distiller(losses=[SoftTargets(), SoftTargets()])


def test_a_stock_loss_is_our_error():
    with pytest.raises(InputError, match="KDLoss"):
        distiller(losses=[keras.losses.KLDivergence()])


def test_wrong_number_of_factors_is_our_error():
    with pytest.raises(InputError, match="one number for each"):
        distiller(distillation_loss_weights=[1.0, 2.0])
