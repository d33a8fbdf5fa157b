import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.parity.extremes.tensors import extremes
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses import LayerSelectivity

SHAPE = (2, 2, 3)
LABELS = np.array([0, 1, 0, 1])


def made(teacher=("t1", "t2"), student=("s1",), width=3, **arguments):
    loss = LayerSelectivity(
        routes=[(t, s) for t in teacher for s in student], **arguments
    )
    loss.setup(
        {n: keras.KerasTensor((None, *SHAPE)) for n in teacher},
        {
            **{n: keras.KerasTensor((None, 2, 2, width)) for n in student},
            "logits": keras.KerasTensor((None, 2)),
        },
    )
    return loss


def cosine(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def written_out(layers):
    """1/2 (c + d) of each layer, in NumPy."""
    flat = [x.reshape(len(x), -1).astype("float64") for x in layers]
    classes = [
        cosine(np.stack([x[k == LABELS].mean(0) for k in (0, 1)]))[0, 1]
        for x in flat
    ]
    views = cosine(np.stack([cosine(x).reshape(-1) for x in flat]))
    others = [np.delete(row, i).mean() for i, row in enumerate(views)]
    return 0.5 * (np.array(classes) + np.array(others))


def taps(seed, names):
    random = np.random.default_rng(seed)
    return {
        n: random.uniform(size=(4, *SHAPE)).astype("float32") for n in names
    }


def test_is_the_distance_of_channel_gram_matrices():
    loss = made(teacher=("t1",))
    teacher, student = taps(0, ["t1"]), taps(1, ["s1"])
    student["logits"] = np.zeros((4, 2), "float32")
    grams = [
        np.einsum("bhwi,bhwj->bij", x, x) / 4
        for x in (teacher["t1"], student["s1"])
    ]
    np.testing.assert_allclose(
        loss(teacher, student, labels=LABELS),
        np.mean((grams[0] - grams[1]) ** 2, axis=(1, 2)),
        rtol=1e-5,
    )


def test_scores_are_similarities_of_classes_and_layers():
    loss = made(student=("s1", "s2"))
    teacher, student = taps(0, ["t1", "t2"]), taps(1, ["s1", "s2"])
    student["logits"] = np.zeros((4, 2), "float32")
    loss(teacher, student, labels=LABELS)
    first = written_out([teacher["t1"], teacher["t2"]])
    second = written_out([student["s1"], student["s2"]])
    np.testing.assert_allclose(
        loss.scores, (first[:, None] + second[None]).reshape(-1), rtol=1e-5
    )


def test_a_layer_that_separates_classes_is_kept():
    loss = made(interval_steps=1, at_once=True, momentum=0.0)
    teacher, student = taps(0, ["t1", "t2"]), taps(1, ["s1"])
    student["logits"] = np.zeros((4, 2), "float32")
    # The second layer sees each class in channels of its own.
    teacher["t2"][LABELS == 0, ..., 1:] = 0.0
    teacher["t2"][LABELS == 1, ..., :1] = 0.0
    for step in range(2):
        loss(teacher, student, labels=LABELS, step=step)
    np.testing.assert_array_equal(loss.alive, [0, 1])


def test_examples_without_label_choose_nothing():
    loss = made(teacher=("t1",))
    teacher, student = taps(0, ["t1"]), taps(1, ["s1"])
    student["logits"] = np.zeros((4, 2), "float32")
    loss(teacher, student, labels=np.full(4, -1))
    # One layer a side has no other, and no class is there.
    np.testing.assert_array_equal(loss.scores, [0.0])


def test_another_width_is_aligned():
    kinds = [type(a) for a in made(width=5).alignments]
    assert kinds == [transforms.Regressor] * 2
    assert [type(a) for a in made().alignments] == [transforms.Identity] * 2


@pytest.mark.parametrize("extreme", extremes((4, *SHAPE)))
def test_is_finite_at_the_ends_of_float32(extreme):
    teacher, student = extremes((4, *SHAPE))[extreme]
    tensor = tf.constant(student)
    loss = made(teacher=("t1",))
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = loss(
            {"t1": teacher},
            {"s1": tensor, "logits": np.zeros((len(teacher), 2), "float32")},
            labels=LABELS[: len(teacher)],
        )
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(tape.gradient(values, tensor)))
    assert np.all(np.isfinite(loss.scores))
    if teacher is student:
        np.testing.assert_array_equal(values, 0.0)


def test_vectors_and_missing_labels_are_our_error():
    loss = LayerSelectivity(routes=(("t", "s"),))
    flat = (
        {"t": keras.KerasTensor((None, 3))},
        {
            "s": keras.KerasTensor((None, 3)),
            "logits": keras.KerasTensor((None, 2)),
        },
    )
    with pytest.raises(InputError, match="selected among maps"):
        loss.setup(*flat)
    teacher, student = taps(0, ["t1", "t2"]), taps(1, ["s1"])
    student["logits"] = np.zeros((4, 2), "float32")
    with pytest.raises(InputError, match="needs labels"):
        made()(teacher, student)
