"""A classifier by angles, whose first classes may stay as they are."""

import keras
from keras import ops

from tfkd import checks
from tfkd import weights
from tfkd.errors import InputError
from tfkd.models.heads import inputs_of
from tfkd.numerics import l2_normalize


@keras.saving.register_keras_serializable("tfkd")
class CosineScores(keras.layers.Layer):
    """Cosines between features and one vector a class.

    Equation:  s_k = <theta_k / ||theta_k||_2, f / ||f||_2>
    Symbols:   f (batch, features); theta_k the vector of class k, s (batch,
               classes).
    Paper:     Hou et al., *Learning a Unified Classifier Incrementally via
               Rebalancing*, CVPR 2019, Eqn 4.

    Args:
        units: Classes, at least 1.
        fixed: Of these the first ones, whose vectors are not trained.
        **kwargs: Of a Keras layer.

    Raises:
        InputError: If the numbers do not fit.
    """

    def __init__(self, units, fixed=0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= fixed < units:
            raise InputError(
                "CosineScores needs 0 <= fixed < units, received "
                f"units={units!r}, fixed={fixed!r}."
            )
        self.units = int(units)
        self.fixed = int(fixed)

    def build(self, input_shape):
        features = input_shape[-1]
        self.old = None
        if self.fixed:
            self.old = self.add_weight(
                (features, self.fixed), "zeros", trainable=False, name="old"
            )
        self.new = self.add_weight(
            (features, self.units - self.fixed), "glorot_uniform", name="new"
        )

    @property
    def vectors(self):
        """The theta_k as columns, `(features, classes)`."""
        parts = [self.new] if self.old is None else [self.old, self.new]
        return ops.concatenate(parts, axis=-1)

    def call(self, features):
        directions = l2_normalize(self.vectors, axis=0)
        directions = ops.cast(directions, features.dtype)
        return ops.matmul(l2_normalize(features), directions)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "fixed": self.fixed,
        }


@keras.saving.register_keras_serializable("tfkd")
class LearnedScale(keras.layers.Layer):
    """Multiplies by one number that is trained, eta.

    Args:
        scale: eta at the start, > 0.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, scale=10.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = float(scale)

    def build(self, input_shape):
        start = keras.initializers.Constant(self.scale)
        self.eta = self.add_weight((), start, name="eta")

    def call(self, x):
        return ops.cast(self.eta, x.dtype) * x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def cosine_classifier(features, classes, *, fixed=0, scale=10.0):
    """Returns float32 logits from features, by layers `cosine`, `logits`."""
    scores = CosineScores(classes, fixed, name="cosine", dtype="float32")
    logits = LearnedScale(scale, name="logits", dtype="float32")
    return logits(scores(features))


def with_cosine_head(model, *, scale=10.0):
    """Returns a copy of a classifier that ends in cosines, to be trained.

    Args:
        model: A functional or built Sequential classifier that ends in a
            dense layer `logits`.
        scale: eta at the start.

    Returns:
        A functional `keras.Model`, not compiled; features as in `model`,
        classes' vectors in its directions.

    Raises:
        InputError: If `model` has no dense layer `logits`.
    """
    old = _layer(model, "logits", keras.layers.Dense)
    return _renewed(model, "logits", old.kernel, old.units, 0, scale)


def grow_cosine(model, new_classes):
    """Returns a copy of a model with a cosine head, of further classes.

    The vectors of the classes that `model` knows stay as they are in
    training.

    Args:
        model: What `with_cosine_head` or this function returned.
        new_classes: Classes to add, at least 1.

    Returns:
        A functional `keras.Model` to `(batch, n + m)` logits, not compiled.

    Raises:
        InputError: If `model` has no cosine head, or `new_classes` < 1.
    """
    checks.whole(1, new_classes=new_classes)
    old = _layer(model, "cosine", CosineScores)
    scale = float(ops.convert_to_numpy(model.get_layer("logits").eta))
    classes = old.units + int(new_classes)
    return _renewed(model, "cosine", old.vectors, classes, old.units, scale)


def _layer(model, name, kind):
    layer = next((x for x in model.layers if x.name == name), None)
    if not isinstance(layer, kind):
        raise InputError(
            f"The model {model.name!r} must have a {kind.__name__} layer "
            f"named {name!r}. Make it with tfkd.models.cosine_head."
            "with_cosine_head(classifier) and train it."
        )
    return layer


def _renewed(model, name, vectors, classes, fixed, scale):
    """A copy with new ends behind the input of a layer."""
    copy = weights.clone(model)
    features = copy.get_layer(name).input
    logits = cosine_classifier(features, classes, fixed=fixed, scale=scale)
    result = keras.Model(inputs_of(copy), logits, name=model.name)
    head = result.get_layer("cosine")
    (head.old if fixed else head.new).assign(vectors)
    return result
