import keras

from tests.distillers.distiller_test import dense
from tfkd.distillers.second_optimizer import SecondOptimizer


class TwoNetworks(SecondOptimizer, keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = dense(), dense(seed=1)
        self.built = True

    def moved_apart(self):
        return self.second.trainable_variables

    def call(self, x):
        return self.first(x)


def test_the_compiled_optimizer_does_not_see_what_another_moves():
    model = TwoNetworks()
    own = [id(v) for v in model.first.trainable_variables]
    assert [id(v) for v in model.trainable_variables] == own
    assert [id(v) for v in model.trainable_weights] == own
    # It is saved all the same.
    saved = {id(v) for v in model.variables}
    assert {id(v) for v in model.second.variables} <= saved
