import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import models
from tfkd.errors import InputError
from tfkd.sources import InputOptimizer


def network(**arguments):
    keras.utils.set_random_seed(0)
    return models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=3,
        scale=1 / 16,
        filters=(3, 4),
        strides=(1, 2),
        **arguments,
    )


def source(teacher=None, **arguments):
    return InputOptimizer(
        teacher or network(),
        **{"value_range": (0, 16), "steps": 3, **arguments},
    )


def test_loss_is_the_equation_written_out():
    teacher, student = network(), network()
    random = np.random.default_rng(0)
    student.set_weights(
        [w + random.normal(size=w.shape) for w in student.get_weights()]
    )
    factors = {
        "tv": 0.1,
        "tv_l1": 0.2,
        "l2": 0.3,
        "statistics": 0.4,
        "first": 5.0,
        "competition": 0.6,
    }
    made = source(teacher, student=student, temperature=2.0, **factors)
    x = random.uniform(-1, 1, size=(2, 4, 4, 1)).astype("float32")
    y = np.array([[1, 0, 0], [0, 0.5, 0.5]], "float32")
    found = float(made.loss(tf.constant(x), y))

    inputs = 8.0 * (x + 1)  # [-1, 1] to [0, 16]
    bn = [teacher.get_layer(f"stage{i}_bn") for i in (1, 2)]
    taps = keras.Model(
        teacher.input, [teacher.output, *(layer.input for layer in bn)]
    )
    z, *features = (np.asarray(t, "float64") for t in taps(inputs))

    def log_softmax(a):
        return a - np.log(np.exp(a).sum(-1, keepdims=True))

    expected = -np.mean(np.sum(y * log_softmax(z / 2), -1))
    image = x.astype("float64")
    steps = [
        image[:, :, 1:] - image[:, :, :-1],
        image[:, 1:] - image[:, :-1],
        image[:, 1:, 1:] - image[:, :-1, :-1],
        image[:, 1:, :-1] - image[:, :-1, 1:],
    ]
    expected += 0.1 * sum(np.sqrt(np.sum(d**2)) for d in steps)
    expected += 0.2 * sum(np.mean(np.abs(d)) for d in steps)
    expected += 0.3 * np.mean(np.sqrt(np.sum(image**2, axis=(1, 2, 3))))
    for factor, layer, f in zip((5.0, 1.0), bn, features):
        gaps = (
            f.mean((0, 1, 2)) - np.asarray(layer.moving_mean),
            f.var((0, 1, 2)) - np.asarray(layer.moving_variance),
        )
        expected += 0.4 * factor * sum(np.linalg.norm(g) for g in gaps)
    p, q = (
        np.exp(log_softmax(a / 3))
        for a in (np.asarray(student(inputs), "float64"), z)
    )
    middle = (p + q) / 2
    divergence = sum(
        np.sum(middle * np.log(middle / side)) / 2 for side in (p, q)
    )
    expected += 0.6 * (1 - 0.5 * divergence)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_statistics_may_be_matched_as_gaussians_and_alone():
    teacher = network()
    x = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 1)).astype("float32")
    y = np.eye(3, dtype="float32")[:2]
    made = source(
        teacher,
        gap="kl",
        classification=0.0,
        statistics=0.5,
        first=3.0,
        tv=0.0,
        l2=0.0,
    )
    found = float(made.loss(tf.constant(x), y))
    layers = [teacher.get_layer(f"stage{i}_bn") for i in (1, 2)]
    taps = keras.Model(teacher.input, [layer.input for layer in layers])
    gaps = []
    for f, layer in zip(taps(8.0 * (x + 1)), layers):
        f = np.asarray(f, "float64")
        m, v = f.mean((0, 1, 2)), f.var((0, 1, 2)) + 1e-5
        mean = np.asarray(layer.moving_mean)
        stored = np.asarray(layer.moving_variance, "float64") + 1e-5
        kl = np.log(v / stored) + (stored + (mean - m) ** 2) / v - 1
        gaps.append(np.mean(kl) / 2)
    expected = 0.5 * (3 * gaps[0] + gaps[1])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_images_are_of_all_classes_and_in_range():
    images, labels = source(batch_size=3).make(5)
    assert images.shape == (5, 4, 4, 1)
    np.testing.assert_array_equal(labels, [0, 1, 2, 0, 1])
    assert images.min() >= 0
    assert images.max() <= 16


def test_the_teacher_comes_to_answer_as_told():
    teacher = network(batch_normalization=False)
    made = source(teacher, statistics=0.0, steps=150, jitter=0, flip=False)
    images, labels = made.make(6)
    np.testing.assert_array_equal(np.argmax(teacher(images), -1), labels)


def test_repeats_with_the_seed():
    first, again = (source(seed=2).make(3)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, source(seed=3).make(3)[0])
    assert not np.array_equal(first, source(seed=2).make(3, number=1)[0])


def test_vectors_are_made_too():
    inputs = keras.Input((5,))
    teacher = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    images, _ = source(teacher, statistics=0.0).make(2)
    assert images.shape == (2, 5)


def test_progress_is_shown_where_asked(capsys):
    source().make(2)
    assert not capsys.readouterr().out
    source().make(2, verbose=1)
    assert "3/3" in capsys.readouterr().out


def test_neither_teacher_nor_student_is_changed():
    teacher, student = network(), network()
    before = [m.get_weights() for m in (teacher, student)]
    source(teacher, student=student, competition=1.0).make(2)
    for weights, model in zip(before, (teacher, student)):
        for old, new in zip(weights, model.get_weights()):
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"value_range": (16, 0)}, "low < high"),
        ({"steps": 0}, "steps must be"),
        ({"steps": 0.5}, "steps must be"),
        ({"batch_size": 0.5}, "batch_size must be"),
        ({"jitter": 0.5}, "jitter must be"),
        ({"tv": -1.0}, "tv must be"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"competition": 1.0}, "needs a student"),
        ({"gap": "l3"}, "'l2'"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        source(**wrong)


def test_unfit_teachers_are_named():
    with pytest.raises(InputError, match="must have BatchNormalization"):
        source(network(batch_normalization=False))
    inputs = keras.Input((None, None, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    free = keras.Model(inputs, keras.layers.Dense(2)(pooled))
    with pytest.raises(InputError, match="one input of fixed size"):
        source(free)
    with pytest.raises(InputError, match="count >= 1"):
        source().optimize(np.zeros((0, 3)))


def test_an_image_that_becomes_nan_is_named():
    teacher = network()
    teacher.get_layer("logits").bias.assign([np.nan] * 3)
    with pytest.raises(InputError, match="became NaN"):
        source(teacher).make(1)
