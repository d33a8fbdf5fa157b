"""A trained network that does not change."""

import keras

from tfkd.errors import InputError
from tfkd.taps import Extractor
from tfkd.teachers import reference
from tfkd.teachers.base import Teacher
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class FrozenTeacher(Teacher):
    """A pre-trained model in inference mode, cut after its last tap.

    Its weights are neither trained nor saved with the `Distiller`.

    Args:
        model: A built `keras.Model`.
        preprocessing: Optional callable from the batch's inputs to what the
            teacher expects: a layer, or a function that is registered with
            Keras where the distiller is to be saved.
        path: Where the model's file is; checkpoints refer to it.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If `model` is no Keras model or is not built.
    """

    # See `tfkd.taps.Extractor`.
    rewrite = None

    def __init__(self, model, *, preprocessing=None, path=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(model, keras.Model):
            raise InputError(
                "A teacher must be a keras.Model or a tfkd.teachers.Teacher, "
                f"received {type(model).__name__}. Load a saved one with "
                "keras.saving.load_model(path)."
            )
        self._frozen = Untracked(model=model, path=path, extractor=None)
        self.preprocessing = preprocessing
        self.trainable = False

    @property
    def model(self):
        """The frozen model."""
        return self._frozen.model

    def connect(self, taps, student):
        self.ask_for(taps)
        self._frozen.extractor = Extractor(
            self.model, self.asked, rewrite=self.rewrite
        )
        self.built = True
        return {name: self._frozen.extractor.specs[name] for name in taps}

    def __dir__(self):
        # Keras saves every model it finds among an object's attributes.
        return [name for name in super().__dir__() if name != "model"]

    def call(self, inputs, student=None, step=0):
        reference.check_present(self.model)
        if self.preprocessing is not None:
            inputs = self.preprocessing(inputs)
        return self._frozen.extractor(inputs, training=False)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "model": serialize(
                reference.Reference(self.model, self._frozen.path)
            ),
            "preprocessing": serialize(self.preprocessing),
        }

    @classmethod
    def from_config(cls, config):
        config = keras.saving.deserialize_keras_object(dict(config))
        found = config.pop("model")
        return cls(found.model, path=found.path, **config)
