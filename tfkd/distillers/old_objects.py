"""Labels of new classes alone, beside a detector that knows the old ones."""

import keras
import numpy as np
from keras import ops

from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.models import anchors as anchors_lib

# The class of rows that say: nothing is known of this region.
_UNKNOWN = -2.0


@keras.saving.register_keras_serializable("tfkd")
class OldObjectsDistiller(Distiller):
    """A `Distiller` to which what the teacher detects is no background.

    In training, each image's labels get a row of class -2 for every anchor
    at which the teacher is confident of a class, the most confident ones
    where there are too many. A loss such as that of `tfkd.tasks.detection`
    leaves these regions out, where no labelled object is.

    Args:
        anchors: Of both detectors, `(anchors, 4)` in pixels.
        threshold: Confidence, sigmoid of a class's score, in (0, 1), from
            which on an anchor has an object.
        limit: At most as many rows an image, at least 1.
        name: Name of the model.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If a number is out of range, or anchors do not fit.
    """

    def __init__(
        self,
        *,
        anchors,
        threshold=0.5,
        limit=32,
        name="old_objects_distiller",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        anchors = np.asarray(anchors, "float32")
        if not 0 < threshold < 1 or int(limit) != limit or limit < 1:
            raise InputError(
                "Old objects need a threshold in (0, 1) and a limit >= 1, "
                f"received threshold={threshold!r}, limit={limit!r}."
            )
        if "outputs" not in self.teacher_taps:
            raise InputError(
                "Old objects are read from the teacher's tap 'outputs', and "
                f"the losses read {self.teacher_taps}. Add a loss of it, such "
                "as tfkd.losses.RegionMatch."
            )
        found = self.student.output_shape[1]
        if anchors.shape != (found, 4):
            raise InputError(
                f"The detector answers for {found} anchors, received anchors "
                f"of shape {anchors.shape}. Give those that it was built "
                "with: their sizes, and the size of the images."
            )
        self.anchors = anchors
        self.threshold = threshold
        self.limit = min(int(limit), len(anchors))

    def _task_loss(self, x, y, y_pred, sample_weight, step):
        if y is not None:
            taps = self._teacher_taps(batch_lib.views(x), y_pred, step)
            y = ops.cast(y, "float32")
            y = ops.concatenate([y, self.old_objects(taps["outputs"])], axis=1)
        return super()._task_loss(x, y, y_pred, sample_weight, step)

    def old_objects(self, outputs):
        """Returns rows `(batch, limit, 5)` of a teacher's answers.

        Args:
            outputs: `(batch, anchors, 4 + classes)`.
        """
        outputs = ops.cast(outputs, "float32")
        confidence = ops.sigmoid(ops.max(outputs[..., 4:], axis=-1))
        best, places = ops.top_k(confidence, self.limit)
        boxes = anchors_lib.decode(
            outputs[..., :4], ops.convert_to_tensor(self.anchors)
        )
        boxes = ops.take_along_axis(boxes, places[..., None], axis=1)
        kind = ops.where(best >= self.threshold, _UNKNOWN, -1.0)
        return ops.concatenate([boxes, kind[..., None]], axis=-1)

    def parts(self):
        return {
            **super().parts(),
            "anchors": self.anchors.tolist(),
            "threshold": self.threshold,
            "limit": self.limit,
        }
