"""The tensors inside a functional model, nested models included."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.taps.order import check_order

_SEPARATOR = "/"

_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)


def is_functional(model):
    """Whether the graph of `model` is known: functional, built Sequential."""
    return _graph(model) is not None


def _graph(model):
    if not isinstance(model, keras.Model):
        return None
    if isinstance(model, keras.Sequential):
        # Sequential keeps its graph in a functional model of its own.
        return model._functional if model.built else None
    return model if hasattr(model, "_run_through_graph") else None


class TapGraph:
    """Symbolic tensors of a model, by tap name.

    The model is run once on symbolic inputs, sharing its layers, with nested
    models opened; so layers inside them can be tapped like any other.

    Args:
        model: A functional or built Sequential `keras.Model`.
        inputs: Symbolic inputs to run it on; new ones if absent.
        rewrite: Called as `rewrite(name, layer, args, outputs)` after each
            layer; returns the outputs that later layers and taps see.

    Attributes:
        inputs: Symbolic inputs in the model's own structure.
        outputs: Symbolic outputs in the model's own structure.

    Raises:
        InputError: If the model's graph is not known.
    """

    def __init__(self, model, inputs=None, rewrite=None):
        graph = _graph(model)
        if graph is None:
            raise InputError(
                f"Taps can be read from functional models and built "
                f"Sequential models; {model.name!r} is a "
                f"{type(model).__name__}"
                f"{'' if model.built else ' that is not built'}. Build it by "
                "calling it on a batch, rewrite it with the functional API, "
                "or give it `tap_shapes` (a dict of tap name to shape) and "
                "`call_with_taps(inputs, training)` returning a dict with "
                "these taps and 'outputs'."
            )
        self._model = model
        self._rewrite = rewrite
        self._calls = {}
        if inputs is None:
            inputs = keras.tree.map_structure(
                _fresh_input, graph._inputs_struct
            )
        self.inputs = inputs
        self.outputs = self._open(graph, self.inputs, "")

    def _open(self, graph, inputs, prefix):
        def operation_fn(operation):
            def call(*args, **kwargs):
                nested = _graph(operation)
                name = prefix + operation.name
                if nested is None:
                    outputs = operation(*args, **kwargs)
                args = args or _first_tensors(kwargs)
                if nested is not None:
                    given = _standardized(nested, args[0])
                    outputs = self._open(nested, given, name + _SEPARATOR)
                if self._rewrite is not None:
                    outputs = self._rewrite(name, operation, args, outputs)
                self._calls[name] = (operation, args, outputs)
                return outputs

            return call

        return graph._run_through_graph(inputs, operation_fn=operation_fn)

    def names(self):
        """Returns the layer names that can be tapped, in graph order."""
        return list(self._calls)

    def calls(self):
        """Returns `(name, operation, arguments, outputs)`, in graph order.

        A layer that is called several times appears with its last call.
        """
        return [(name, *call) for name, call in self._calls.items()]

    def tensor(self, name):
        """Returns the symbolic tensor that a tap name stands for.

        Raises:
            InputError: If there is no such tap.
        """
        if isinstance(self.outputs, dict) and name in self.outputs:
            return self.outputs[name]
        if name == "outputs":
            return self.outputs
        if name == "logits" and "logits" not in self._calls:
            return self._logits()
        layer, _, suffix = name.partition(":")
        if layer not in self._calls or suffix not in ("", "pre", "input"):
            raise unknown(
                f"tap of model {self._model.name!r}",
                name,
                [*self._calls, "logits"],
                "See all with tfkd.taps.summary(model).",
            )
        operation, args, outputs = self._calls[layer]
        if suffix == "input":
            return args[0]
        if suffix == "pre" or name == "logits" and _has_activation(operation):
            return _before_activation(operation, args, outputs, name)
        return outputs

    def _logits(self):
        """The single output, before its softmax where it has one.

        Before a sigmoid, too, where it is one row of scores an example. Maps
        behind a sigmoid are answers, such as images or heat maps.
        """
        outputs = keras.tree.flatten(self.outputs)
        if len(outputs) != 1:
            raise InputError(
                "The tap 'logits' needs a model with one output or a layer "
                f"named 'logits'; {self._model.name!r} has "
                f"{len(outputs)} outputs. Name the tap of one of them."
            )
        operation, args, result = self.maker(outputs[0])
        if _is_softmax(operation) or (
            _is_sigmoid(operation)
            and not isinstance(operation, keras.layers.RNN)
            and len(result.shape) == 2
        ):
            if not isinstance(operation, keras.layers.Layer):
                return args[0]
            return _before_activation(operation, args, result, "logits")
        return outputs[0]

    def ends_in_softmax(self, name):
        """Whether a tap is one tensor that a softmax makes."""
        return _is_softmax(self.maker(self.tensor(name))[0])

    def maker(self, tensor):
        """Returns what makes a tensor: operation, arguments and result.

        What only passes numbers on, or to another type, is no such one.
        """
        makers = {
            id(result): (operation, args, result)
            for operation, args, result in self._calls.values()
            if _graph(operation) is None
        }
        found = makers.get(id(tensor), (None, (), tensor))
        while _passes(found[0]) and id(found[1][0]) in makers:
            before = makers[id(found[1][0])]
            if before is found:
                break
            found = before
        return found


def _first_tensors(kwargs):
    """What stands for the arguments of a call that names all of them."""
    for value in kwargs.values():
        if any(
            keras.utils.is_keras_tensor(t) for t in keras.tree.flatten(value)
        ):
            return (value,)
    return ()


def _standardized(model, inputs):
    """Returns the inputs of a nested model as it would take them itself.

    In the order of its own inputs, in their types, and with or without a
    last axis of 1.
    """
    own = model._inputs_struct
    if isinstance(inputs, dict) and not isinstance(own, dict):
        inputs = [inputs[tensor.name] for tensor in model.inputs]
    return [
        _like(tensor, wanted)
        for tensor, wanted in zip(keras.tree.flatten(inputs), model.inputs)
    ]


def _like(tensor, wanted):
    if tensor is None:
        return None
    if tensor.dtype != wanted.dtype:
        tensor = ops.cast(tensor, wanted.dtype)
    rank = len(wanted.shape)
    if len(tensor.shape) == rank + 1 and tensor.shape[-1] == 1:
        return ops.squeeze(tensor, axis=-1)
    if len(tensor.shape) == rank - 1 and wanted.shape[-1] == 1:
        return ops.expand_dims(tensor, axis=-1)
    return tensor


def _fresh_input(tensor):
    return keras.Input(
        batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name
    )


def _is_softmax(operation):
    # The last is the name of tf.nn.softmax.
    return _ending(operation) in ("Softmax", "softmax", "softmax_v2")


def _is_sigmoid(operation):
    return _ending(operation) in ("Sigmoid", "sigmoid")


def _ending(operation):
    """The name of an activation, or else of what keras.ops records."""
    layer = _innermost(operation)
    activation = getattr(layer, "activation", None)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return getattr(activation, "__name__", type(layer).__name__)


def _innermost(operation):
    """The layer that runs at every time, or the operation itself."""
    repeated = isinstance(operation, keras.layers.TimeDistributed)
    return operation.layer if repeated else operation


def _passes(operation):
    """Whether an operation changes no number, but for rounding."""
    return (
        isinstance(operation, keras.layers.Identity)
        or isinstance(operation, keras.layers.Activation)
        and operation.activation is keras.activations.linear
        or type(operation).__name__ == "Cast"
    )


def _has_activation(operation):
    layer = _innermost(operation)
    return _is_activation(layer) or (
        getattr(layer, "activation", None) is not None
        # That of a recurrent layer is inside its steps.
        and not isinstance(layer, keras.layers.RNN)
    )


def _is_activation(layer):
    """Whether a layer is an activation, and nothing else."""
    return isinstance(layer, _ACTIVATIONS) and not layer.weights


def _before_activation(operation, args, outputs, name):
    """The tensor before an activation layer or a layer's own activation."""
    layer = _innermost(operation)
    if _is_activation(layer):
        return args[0]
    if not _has_activation(operation):
        raise InputError(
            f"The tap {name!r} asks for a tensor before an activation, and "
            f"the layer {operation.name!r} ({type(operation).__name__}) has "
            f"none. Use the tap {operation.name!r} or "
            f"'{operation.name}:input'."
        )
    if layer.activation is keras.activations.linear:
        return outputs
    return _WithoutActivation(operation)(args[0])


class _WithoutActivation(keras.layers.Layer):
    """Calls a layer as if it had no activation, sharing its weights."""

    def __init__(self, layer):
        super().__init__(name=f"{layer.name}_pre", dtype=layer.dtype_policy)
        self.layer = layer

    def build(self, input_shape):
        pass  # The wrapped layer is built: it belongs to a model.

    def call(self, inputs):
        layer = _innermost(self.layer)
        before = layer.activation, layer.activity_regularizer
        # What is regularized is the layer's own output, once.
        layer.activation = keras.activations.linear
        layer.activity_regularizer = None
        try:
            return self.layer(inputs)
        finally:
            layer.activation, layer.activity_regularizer = before

    def get_config(self):
        raise InputError(
            f"A network with the tap before the activation of the layer "
            f"{self.layer.name!r} cannot be copied or saved, since its copy "
            "would not share that layer's weights. Build the student with "
            "the activation in a layer of its own, such as "
            "keras.layers.Activation."
        )

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def extend(student, taps, extra, rewrite=None):
    """Returns a network around a student: more outputs, the same weights.

    Exits, branches and peers that exist in training only are such outputs;
    a `Distiller` trains the network, and the student stays as it was.

    Args:
        student: A functional or built Sequential model.
        taps: Names of the student's tensors that `extra` needs.
        extra: Called with the symbolic inputs and a dict of these tensors;
            returns a dict of further symbolic outputs, which become taps.
        rewrite: See `TapGraph`: what the network has in the place of layers'
            outputs. The student stays as it was.

    Returns:
        A `keras.Model` whose outputs are a dict with `"outputs"` (those of
        the student), the taps, and the further ones.

    Raises:
        InputError: If a tap does not exist, or is a map whose channels come
            first.
    """
    graph = TapGraph(student, rewrite=rewrite)
    tensors = {name: graph.tensor(name) for name in taps}
    check_order(student, tensors)
    outputs = {
        "outputs": graph.outputs,
        **tensors,
        **extra(graph.inputs, dict(tensors)),
    }
    return keras.Model(graph.inputs, outputs, name=f"{student.name}_network")


def names(model):
    """Returns every layer name of `model` that can be tapped."""
    return TapGraph(model).names()


def summary(model):
    """Returns a table of the taps of `model`: name, layer type and shape."""
    graph = TapGraph(model)
    rows = []
    for name, (operation, _, outputs) in graph._calls.items():
        shapes = ", ".join(
            str(tuple(tensor.shape)) for tensor in keras.tree.flatten(outputs)
        )
        rows.append((name, type(operation).__name__, shapes))
    width = max(len(name) for name, _, _ in rows)
    kind = max(len(row[1]) for row in rows)
    return "\n".join(f"{n:<{width}}  {k:<{kind}}  {s}" for n, k, s in rows)
