"""Distillation on source images that look like those of the target."""

import keras
import numpy as np
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.first_stage import FirstStageDistiller
from tfkd.errors import InputError
from tfkd.losses.labels import labelled_examples


@keras.saving.register_keras_serializable("tfkd")
class TranslatingDistiller(FirstStageDistiller):
    """A `Distiller` that sees images with a label in the target's style.

    The first `fit` trains a `DomainTranslator` before, on the images it is
    given: those with a label are the source domain. Then source images are
    translated, and keep their label. It needs the TensorFlow backend.

    Args:
        translator: A `DomainTranslator`, not trained.
        translator_epochs: For which the first `fit` trains it, at least 1.
        translator_learning_rate: Of its Adam, in (0, 1).
        translated_share: Probability in [0, 1] that a source image is
            translated.
        both_styles: Whether the network that is trained has two inputs:
            `"target"`, all images in the target's style, and `"source"`, all
            in the source's.
        seed: Of the images that are chosen, with the step.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Attributes:
        to_target: Network from images to the target's style.
        to_source: Likewise to the source's, where both styles are needed.

    Raises:
        InputError: If a number is out of range, or the translator does not
            translate to the source where it must.
    """

    stage_name = "translator"

    def __init__(
        self,
        *,
        translator,
        translator_epochs=100,
        translator_learning_rate=2e-4,
        translated_share=1.0,
        both_styles=False,
        seed=0,
        name="translating_distiller",
        **kwargs,
    ):
        kept = [translator.to_target]
        if both_styles:
            if translator.to_source is None:
                raise InputError(
                    "Both styles need a translator in both directions, "
                    "received one to the target alone. Make it with "
                    "both_ways=True."
                )
            kept.append(translator.to_source)
        super().__init__(
            stage=translator,
            kept=kept,
            epochs=translator_epochs,
            learning_rate=translator_learning_rate,
            name=name,
            **kwargs,
        )
        if not 0 <= translated_share <= 1:
            raise InputError(
                "translated_share must be in [0, 1], received "
                f"{translated_share!r}."
            )
        self.to_target = kept[0]
        self.to_source = kept[1] if both_styles else None
        self.translated_share = translated_share
        self.seed = seed

    def stage_inputs(self, x, y):
        """Returns images and labels."""
        if y is None:
            raise InputError(
                f"{type(self).__name__} learns from images with labels, the "
                "source, and images without, the target; received none. Fit "
                "on (images, labels), -1 where there is none."
            )
        return ({"images": x, "labels": np.asarray(y)},)

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        images = ops.cast(batch_lib.views(x).student, "float32")
        known = labelled_examples(y, self.name)
        styled = self.styled(images, known, self.optimizer.iterations)
        if self.to_source is None:
            return super().train_step((styled, y, weight))
        back = _mixed(1.0 - known, self.to_source(images), images)
        both = {"student": {"target": styled, "source": back}}
        return super().train_step((both, y, weight))

    def styled(self, images, known, step):
        """Returns images of which those of the source are translated.

        Args:
            images: `(batch, height, width, channels)`.
            known: 1 for images of the source, 0 for those of the target.
            step: Number of updates so far.
        """
        import tensorflow as tf  # Lazily: other backends do without it.

        if self.translated_share < 1:
            seed = [self.seed, ops.cast(step, "int32")]
            draw = tf.random.stateless_uniform(tf.shape(known), seed)
            chosen = ops.cast(draw < self.translated_share, known.dtype)
            known = known * chosen
        return _mixed(known, self.to_target(images), images)


def _mixed(where, first, second):
    """Takes rows of the first where 1, of the second where 0."""
    where = ops.cast(ops.reshape(where, (-1, 1, 1, 1)), second.dtype)
    return where * ops.cast(first, second.dtype) + (1.0 - where) * second
