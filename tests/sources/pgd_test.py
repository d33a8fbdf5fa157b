import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.sources import PGD


def linear(x):
    """Logits (x, -x): the larger x, the surer of class 0."""
    return tf.concat([x, -x], axis=-1)


def run(attack, x, labels, teacher=((9.0, 0.0),)):
    x = np.asarray(x, "float32")
    teacher = np.broadcast_to(np.float32(teacher), (len(x), 2))
    found = attack.find(
        tf.constant(x),
        linear,
        labels=None if labels is None else np.asarray(labels),
        teacher=tf.constant(teacher),
        student=linear(x),
    )
    assert found.rows is None
    assert found.weight is None
    return np.asarray(found.inputs)


def attack(**arguments):
    return PGD(
        **{
            "value_range": (0.0, 10.0),
            "epsilon": 0.2,
            "step_size": 0.05,
            "steps": 3,
            "random_start": False,
            **arguments,
        }
    )


def test_steps_go_where_the_label_is_less_likely():
    # Steps of 0.5: class 0 makes x smaller, class 1 larger.
    found = run(attack(), [[5.0], [5.0]], [0, 1])
    np.testing.assert_allclose(found, [[3.5], [6.5]], rtol=1e-6)


def test_it_stays_in_the_box_and_in_the_range():
    # Six steps of 0.5 reach 3; the box ends at 2, the range at 0 and 10.
    found = run(attack(steps=6), [[5.0], [1.0], [9.5]], [0, 0, 1])
    np.testing.assert_allclose(found, [[3.0], [0.0], [10.0]], rtol=1e-6)


def test_labels_may_be_a_column():
    found = run(attack(), [[5.0], [5.0]], [[0], [1]])
    np.testing.assert_allclose(found, [[3.5], [6.5]], rtol=1e-6)


def test_without_label_the_teachers_class_is_attacked():
    found = run(attack(), [[5.0], [5.0]], [[0.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(found, [[3.5], [6.5]], rtol=1e-6)
    found = run(attack(), [[5.0], [5.0]], [-1, 1])
    np.testing.assert_allclose(found, [[3.5], [6.5]], rtol=1e-6)
    found = run(attack(), [[5.0]], None, teacher=[[0.0, 9.0]])
    np.testing.assert_allclose(found, [[6.5]], rtol=1e-6)
    found = run(attack(), [[5.0]], [[0.0, 1.0]])
    np.testing.assert_allclose(found, [[6.5]], rtol=1e-6)


def test_the_divergence_from_the_teacher_can_be_what_grows():
    # The teacher is at the student's answer for 1: away from it.
    found = run(
        attack(objective="teacher"),
        [[1.5], [0.8]],
        None,
        teacher=[[1.0, -1.0]],
    )
    np.testing.assert_allclose(found, [[3.0], [0.0]], atol=1e-6)


def test_the_start_is_drawn_by_the_seed():
    starts = [
        run(
            attack(steps=1, random_start=True, seed=s),
            np.full((50, 1), 5),
            None,
        )
        for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert np.any(starts[0] != starts[2])
    assert np.all(np.abs(starts[0] - 5.0) <= 2.0 + 1e-6)
    assert np.std(starts[0]) > 0.5


def test_it_is_saved():
    first = attack(objective="teacher", temperature=2.0, seed=4)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(first)
    )
    assert again.get_config() == first.get_config()


def test_a_mistake_is_our_error():
    for wrong in ({"epsilon": 0.0}, {"step_size": -1.0}, {"temperature": 0}):
        with pytest.raises(InputError, match="finite number > 0"):
            attack(**wrong)
    with pytest.raises(InputError, match="steps must be"):
        attack(steps=0)
    with pytest.raises(InputError, match="'teacher'"):
        attack(objective="teachers")
    with pytest.raises(InputError, match="value_range must be"):
        attack(value_range=(1.0, 0.0))


@pytest.mark.parametrize("objective", ["labels", "teacher"])
def test_a_model_may_answer_in_half_precision(objective):
    attack = PGD(value_range=(0, 1), steps=1, objective=objective)
    x = keras.ops.zeros((2, 3))
    logits = keras.ops.cast(np.eye(2, 3), "float16")
    found = attack.find(
        x,
        lambda inputs: keras.ops.cast(inputs, "float16"),
        labels=None,
        teacher=logits,
        student=logits,
    )
    assert found.inputs.shape == (2, 3)
