import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.sources import BoundaryAttack


def logits(x):
    """Two logits, of which the second grows along (3, 4)."""
    along = x @ tf.constant([[3.0], [4.0]])
    return tf.concat([0 * along, along], axis=-1)


def attack(**arguments):
    return BoundaryAttack(**{"value_range": (-2.5, 2.5), **arguments})


def run(model, attacked, labels, teacher, student):
    count = len(teacher)
    return attacked.find(
        tf.zeros((count, 2)),
        model,
        labels=None if labels is None else np.asarray(labels),
        teacher=tf.constant(np.float32(teacher)),
        student=tf.constant(np.float32(student)),
    )


def test_a_step_is_the_papers():
    x = np.array([[-1.0, 0.5]], "float32")
    # f = (0, -1); g = (3, 4) / 5; 0.3 * (0 + 1 + 1e-4) along it.
    expected = x + 0.3 * 1.0001 * np.array([[0.6, 0.8]])
    found = attack(steps=1).move(logits, x, [0], [1])
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_probabilities_can_be_moved():
    x = np.array([[-1.0, 0.5]], "float32")
    p = 1 / (1 + np.exp(1.0))
    # p_k - p_b = 2 p - 1; its gradient points the same way.
    step = 0.3 * (1 - 2 * p + 1e-4)
    found = attack(steps=1, scores="probabilities").move(logits, x, [0], [1])
    np.testing.assert_allclose(
        found, x + step * np.array([[0.6, 0.8]]), rtol=1e-5
    )


def test_steps_are_in_units_of_a_fifth_of_the_range():
    x = np.array([[-1.0, 0.5]], "float32")
    first = attack(steps=1).move(logits, x, [0], [1]) - x
    wide = attack(steps=1, value_range=(-5.0, 5.0)).move(logits, x, [0], [1])
    np.testing.assert_allclose(wide - x, 2 * first, rtol=1e-4)


def test_it_stops_across_the_boundary_and_in_the_range():
    x = np.array([[-1.0, 0.5], [1.0, 1.0]], "float32")
    # The margin grows by 5 along a unit: a step takes 0.15 * 5 of it.
    found = attack(steps=40, step_size=0.15).move(logits, x, [0, 0], [1, 1])
    scores = np.asarray(logits(found))[0]
    assert 0 < scores[1] - scores[0] < 1e-3
    # The second is across already: the teacher's answer is 1.
    np.testing.assert_array_equal(found[1], x[1])
    found = attack(steps=1, step_size=9.0).move(logits, 9 * x[:1], [0], [1])
    assert np.max(np.abs(found)) <= 2.5


def test_right_inputs_that_networks_disagree_about_are_chosen():
    teacher = [[9.0, 0, 0], [0, 9.0, 0], [9.0, 0, 0], [0, 0, 9.0]]
    student = [[0, 9.0, 0], [0, 9.0, 0], [0, 0, 0], [9.0, 0, 0]]
    found = run(
        lambda x: tf.zeros((tf.shape(x)[0], 3)),
        attack(size=2),
        [0, 1, 0, 1],
        teacher,
        student,
    )
    # Gaps of the other classes: about 1, 0, 2 / 9; the last is wrong.
    np.testing.assert_array_equal(found.rows, [0, 2])
    np.testing.assert_allclose(found.weight, [1.0, 1.0])


def test_rows_that_are_wrong_or_unlabelled_have_no_weight():
    teacher = [[9.0, 0], [0, 9.0], [9.0, 0]]
    found = run(logits, attack(), [0, 0, -1], teacher, teacher)
    np.testing.assert_array_equal(found.rows, [0, 1, 2])
    # Their sum divided by the number of rows is the mean of those that count.
    np.testing.assert_allclose(found.weight, [3.0, 0.0, 0.0])
    found = run(logits, attack(), [[0], [0], [-1]], teacher, teacher)
    np.testing.assert_allclose(found.weight, [3.0, 0.0, 0.0])
    found = run(logits, attack(), [[0, 1], [0, 1], [0, 1]], teacher, teacher)
    np.testing.assert_allclose(found.weight[:1], [3.0])
    found = run(logits, attack(), [[0, 0], [0, 0], [0, 0]], teacher, teacher)
    np.testing.assert_allclose(found.weight, [0.0, 0.0, 0.0])
    found = run(logits, attack(), [-1, -1, -1], teacher, teacher)
    np.testing.assert_allclose(found.weight, [0.0, 0.0, 0.0])


def test_other_classes_are_drawn_with_the_teachers_probabilities():
    p = np.log(np.array([0.5, 0.1, 0.4]))
    teacher = np.tile(p, (4000, 1)).astype("float32")
    drawn = np.asarray(attack()._other(tf.constant(teacher), [0] * 4000))
    assert set(drawn) == {1, 2}
    # 0.1 and 0.4 of what is left.
    assert np.mean(drawn == 1) == pytest.approx(0.2, abs=0.03)


def test_it_is_saved():
    first = attack(steps=3, size=5, scores="probabilities", seed=4)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(first)
    )
    assert again.get_config() == first.get_config()


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="finite number > 0"):
        attack(step_size=0.0)
    for wrong in ({"steps": 0}, {"steps": 0.5}, {"size": -1}):
        with pytest.raises(InputError, match="whole number >= 1"):
            attack(**wrong)
    with pytest.raises(InputError, match="'logits'"):
        attack(scores="logit")
    with pytest.raises(InputError, match="the batch has no labels"):
        run(logits, attack(), None, [[9.0, 0]], [[9.0, 0]])
