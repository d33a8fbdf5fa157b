"""Whole models as parts of a larger network."""

import keras

from tfkd.taps.extractor import Extractor
from tfkd.taps.graph import extend
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class Peer(keras.layers.Layer):
    """A model as one layer, which returns one of the model's taps, or more.

    Taps do not look inside, so that its layers may have the names of those
    of the network around it. Its weights are trained with that network.

    Args:
        model: A model as `tfkd.taps.Extractor` takes.
        tap: Name of the tensor that is returned, or a tuple of names: then a
            list is returned, of one pass.
        **kwargs: Of a Keras layer.

    Raises:
        InputError: If the tap does not exist.
    """

    def __init__(self, model, *, tap="logits", **kwargs):
        # The model itself knows in which precision its inputs are read.
        super().__init__(autocast=False, **kwargs)
        self.model = model
        self.tap = tap if isinstance(tap, str) else tuple(tap)
        names = [tap] if isinstance(tap, str) else list(tap)
        self._untracked = Untracked(extractor=Extractor(model, names))
        self.built = True

    def call(self, inputs, training=False):
        found = self._untracked.extractor(inputs, training=training)
        if isinstance(self.tap, str):
            return found[self.tap]
        return [found[name] for name in self.tap]

    def get_config(self):
        model = keras.saving.serialize_keras_object(self.model)
        model.pop("compile_config", None)
        return {**super().get_config(), "model": model, "tap": self.tap}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config.pop("autocast", None)
        model = keras.saving.deserialize_keras_object(config.pop("model"))
        return cls(model, **config)


def with_peers(student, peers):
    """Returns a network of a student and its peers on the same inputs.

    Args:
        student: A functional or built Sequential model.
        peers: Models of the same inputs.

    Returns:
        A `keras.Model` as `tfkd.taps.extend` makes, with the taps
        `"logits"` of the student and `"peer1"`, `"peer2"`, ...: the peers'
        logits.
    """

    def extra(inputs, tensors):
        return {
            f"peer{number}": Peer(peer, name=f"peer{number}")(inputs)
            for number, peer in enumerate(peers, start=1)
        }

    return extend(student, ["logits"], extra)
