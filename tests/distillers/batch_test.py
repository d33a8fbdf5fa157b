import keras
import numpy as np

from tfkd.distillers import batch


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


def test_sparse_losses_are_known_by_name_function_and_class():
    name = "sparse_categorical_crossentropy"
    assert batch.is_sparse(name)
    assert batch.is_sparse(keras.losses.get(name))
    assert batch.is_sparse(keras.losses.SparseCategoricalCrossentropy())
    assert not batch.is_sparse("mse")
