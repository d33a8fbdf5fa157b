"""Models in which two optimizers move weights."""


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
