"""Copies of a network in which some layers are replaced."""

import keras

from tfkd import weights
from tfkd.errors import InputError
from tfkd.errors import unknown


def clone_layers(model, clone, *, recursive=False):
    """Returns a network of the same graph of other layers.

    Its `Normalization` layers keep what the model's have adapted to.

    Args:
        model: A functional or built Sequential model.
        clone: Called with each layer; returns the one in its place, whose
            weights are its own.
        recursive: Whether `clone` sees the layers of nested models, too.

    Returns:
        A built `keras.Model` of the same name.

    Raises:
        InputError: If the model's graph is not known.
    """
    if not isinstance(model, keras.Model) or not model.built:
        raise InputError(
            "Only a functional or built Sequential keras.Model can be copied, "
            f"received {model!r}. Build it by calling it on a batch."
        )
    try:
        copy = keras.models.clone_model(
            model, clone_function=clone, recursive=recursive
        )
    except ValueError as error:
        raise InputError(
            f"The model {model.name!r} cannot be copied: {error} Write it "
            "with the functional API."
        ) from error
    copy.name = model.name
    weights.keep_statistics(model, copy)
    return copy


def check_names(model, keep):
    """Raises `InputError` if a model has no layer of one of these names."""
    known = [x.name for x in model._flatten_layers(include_self=False)]
    for name in keep:
        if name not in known:
            raise unknown(f"layer to keep of model {model.name!r}", name, known)


def replace_layers(model, replace):
    """Returns a copy of a model with other layers in the place of some.

    Layers of nested models are replaced too. Every layer of the copy starts
    with the variables that the old one has; what a new layer has more of, it
    keeps from its initializers.

    Args:
        model: A functional or built Sequential model.
        replace: Called with each layer; returns the new one, not built, whose
            first variables are those of the old one, or `None` for a copy of
            the old one.

    Returns:
        A built `keras.Model` of the same name.

    Raises:
        InputError: If the model's graph is not known.
    """

    def clone(layer):
        return replace(layer) or layer.__class__.from_config(layer.get_config())

    copy = clone_layers(model, clone, recursive=True)
    pairs = zip(model._flatten_layers(), copy._flatten_layers(), strict=True)
    for old, new in pairs:
        for kind in ("_trainable_variables", "_non_trainable_variables"):
            for theirs, mine in zip(getattr(old, kind), getattr(new, kind)):
                mine.assign(theirs)
    return copy


def replace_kinds(model, kinds, *, without=(), **settings):
    """Returns a copy in which layers of some classes are of others.

    Args:
        model: A functional or built Sequential model.
        kinds: Class to the class that takes its place. A layer is of a class
            only if it is of no subclass of it.
        without: Settings of the old layers that the new ones do not have.
        **settings: Settings that the new layers have besides.
    """

    def replace(layer):
        if type(layer) not in kinds:
            return None
        config = {**layer.get_config(), **settings}
        for name in without:
            del config[name]
        return kinds[type(layer)].from_config(config)

    return replace_layers(model, replace)


def with_kernels(model, copy, kernels):
    """Sets kernels of a copy to what layers of the original compute with.

    Args:
        model: The original.
        copy: A copy of the same layers, perhaps of other classes.
        kernels: Called with each of the original's layers; returns the
            kernel, or `None` where the copy's is right.

    Returns:
        The copy.
    """
    pairs = zip(model._flatten_layers(), copy._flatten_layers(), strict=True)
    for old, new in pairs:
        kernel = kernels(old)
        if kernel is not None:
            new.kernel.assign(kernel)
    return copy


class MoreVariables:
    """A layer of Keras that has, and saves, further variables.

    Attributes:
        further: Names of these variables' attributes.
    """

    further = ()

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for name in self.further:
            store[name] = getattr(self, name)

    def load_own_variables(self, store):
        super().load_own_variables(store)
        for name in self.further:
            getattr(self, name).assign(store[name])
