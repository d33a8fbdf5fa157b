"""Models in which two optimizers move weights."""

from keras import ops


class SecondOptimizer:
    """Hides weights that another optimizer moves from the compiled one.

    It stands before a `keras.Model` among the bases, and subclasses implement
    `moved_apart`.
    """

    def moved_apart(self):
        """Returns the weights that the other optimizer moves."""
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    @property
    def trainable_variables(self):
        """Weights that the compiled optimizer moves."""
        others = {id(variable) for variable in self.moved_apart()}
        return [v for v in super().trainable_variables if id(v) not in others]

    @property
    def trainable_weights(self):
        """The same."""
        return self.trainable_variables

    def _penalties(self, variables):
        """Returns the sum of weights' regularizers.

        Keras counts them for the weights that the compiled optimizer moves
        alone.
        """
        return sum(
            (
                # Divided among replicas, as Keras does.
                self._aggregate_additional_loss(
                    variable.regularizer(ops.convert_to_tensor(variable))
                )
                for variable in variables
                if variable.regularizer is not None
            ),
            start=ops.zeros((), "float32"),
        )
