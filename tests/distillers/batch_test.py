import keras
import numpy as np
import pytest

from tfkd.distillers import batch
from tfkd.errors import InputError


def test_a_plain_tensor_is_what_both_models_see():
    x = np.ones((2, 3))
    found = batch.views(x)
    assert found.student is x
    assert found.teacher is x
    assert found.cached == {}
    assert found.index is None


def test_views_are_told_apart_from_dict_inputs():
    views = batch.views({"student": 1, "teacher": 2, "index": 3})
    assert (views.student, views.teacher, views.index) == (1, 2, 3)
    inputs = {"student": 1, "pixels": 2}
    assert batch.views(inputs).student is inputs


def test_unlabelled_examples_weigh_nothing():
    labels, weight = batch.hide_unlabelled(
        keras.ops.array([2, -1, 0]), keras.ops.array([3.0, 3.0, 0.5])
    )
    assert np.array(labels).tolist() == [2, 0, 0]
    assert np.array(weight).tolist() == [3.0, 0.0, 0.5]


MAPS = np.array([[[0, -1], [2, 1]], [[-1, -1], [0, 3]]])
KNOWN = (MAPS >= 0).astype("float32")


def hidden(labels, sample_weight):
    found = batch.hide_unlabelled(
        keras.ops.array(labels), keras.ops.array(sample_weight)
    )
    return [np.array(part) for part in found]


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 1, 1)])
def test_a_weight_an_example_counts_for_all_its_positions(shape):
    labels, weight = hidden(MAPS, np.float32([3, 0.5]).reshape(shape))
    np.testing.assert_array_equal(labels, np.maximum(MAPS, 0))
    # 3 for the first example's three labels, 0.5 for the second's two.
    np.testing.assert_array_equal(weight[0], [[3, 0], [3, 3]])
    np.testing.assert_array_equal(weight[1], [[0, 0], [0.5, 0.5]])


def test_a_weight_a_position_counts_where_there_is_a_label():
    given = np.arange(8, dtype="float32").reshape(2, 2, 2)
    expected = KNOWN * given
    for shape in ((2, 2, 2), (2, 2, 2, 1)):
        _, weight = hidden(MAPS, given.reshape(shape))
        np.testing.assert_array_equal(weight, expected)
    labels, weight = hidden(MAPS[..., None], given)
    assert labels.shape == weight.shape == (2, 2, 2, 1)
    np.testing.assert_array_equal(weight[..., 0], expected)


def test_labels_may_be_columns():
    _, weight = hidden([[2], [-1]], np.float32([3, 3]))
    np.testing.assert_array_equal(weight, [[3], [0]])
    _, weight = hidden([2, -1], np.float32([[3], [3]]))
    np.testing.assert_array_equal(weight, [3, 0])


@pytest.mark.parametrize("shape", [(2, 3, 2), (2, 2, 2, 2)])
def test_weights_that_fit_no_labels_name_both_shapes(shape):
    pattern = "received shape .*for labels of shape .2, 2, 2."
    with pytest.raises(InputError, match=pattern):
        hidden(MAPS, np.ones(shape, "float32"))


def test_distillation_weighs_an_example_as_the_mean_of_its_positions():
    given = np.float32([[[0, 1], [2, 1]], [[4, 4], [0, 0]]])
    weight = batch.weight_per_example(keras.ops.array(given))
    np.testing.assert_array_equal(weight, [1, 2])
    column = batch.weight_per_example(keras.ops.array([[1.0], [3.0]]))
    np.testing.assert_array_equal(column, [1, 3])
    assert batch.weight_per_example(None) is None
    assert batch.weight_per_example({"a": given, "b": given}) is None


def test_sparse_losses_are_known_by_name_function_and_class():
    name = "sparse_categorical_crossentropy"
    assert batch.is_sparse(name)
    assert batch.is_sparse(keras.losses.get(name))
    assert batch.is_sparse(keras.losses.SparseCategoricalCrossentropy())
    assert not batch.is_sparse("mse")


def test_labels_that_count_nothing_have_the_form_of_those_that_do():
    def none(labels, *outputs):
        return batch.no_labels(keras.ops.array(labels), outputs)

    np.testing.assert_array_equal(none([2, 0], None, 3), [-1, -1])
    np.testing.assert_array_equal(none([[2], [0]], None, 3), [[-1], [-1]])
    np.testing.assert_array_equal(none([[0, 1]], None, 2), [[0, 0]])
    # A mask has a class in every pixel, however wide it is.
    np.testing.assert_array_equal(
        none([[[2, 0], [1, 1]]], None, 2, 2, 3), [[[-1, -1], [-1, -1]]]
    )
