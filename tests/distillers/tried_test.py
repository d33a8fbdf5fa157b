import keras
import numpy as np

from tfkd.distillers import tried


def test_a_loss_at_other_values_leaves_everything_as_it_is():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.BatchNormalization()]
    )
    x = np.array([[1.0, 2.0], [3.0, 6.0]], "float32")
    before = model.get_weights()
    variables = model.trainable_variables
    values = [2.0 * v for v in tried.start(variables)]
    found, slope = tried.loss_and_slope(
        variables, values, lambda: keras.ops.sum(model(x, training=True) ** 2)
    )
    # Two rows of +-1 in two columns, times gamma = 2: 4 * 2^2 = 16, whose
    # slope by each gamma is 2 * 2 * 2 = 8; beta stays 0 and its slope, too.
    np.testing.assert_allclose(found, 16.0, rtol=1e-2)
    np.testing.assert_allclose(slope[0], [8.0, 8.0], rtol=1e-2)
    np.testing.assert_allclose(slope[1], [0.0, 0.0], atol=1e-5)
    for first, second in zip(before, model.get_weights()):
        np.testing.assert_array_equal(first, second)


def test_what_a_loss_does_not_read_has_no_slope():
    variable = keras.Variable([1.0, 2.0])
    _, slope = tried.loss_and_slope(
        [variable], tried.start([variable]), lambda: keras.ops.ones(())
    )
    np.testing.assert_array_equal(slope[0], [0.0, 0.0])


def test_descends_by_the_rate():
    values, slope = [np.array([1.0, 2.0])], [np.array([3.0, -1.0])]
    found = tried.descended(values, slope, 0.5)
    np.testing.assert_allclose(found, [[-0.5, 2.5]])
