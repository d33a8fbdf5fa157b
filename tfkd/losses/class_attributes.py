"""Classes with attributes, of which some have no examples."""

import numpy as np

from tfkd.errors import InputError


class ClassAttributes:
    """What is known of classes before any example.

    Args:
        attributes: One row a class, as many columns as attributes.
        unseen: Classes without examples.

    Attributes:
        matrix: The attributes, an array `(classes, attributes)`.
        unseen: The classes without examples, in the order given.
        seen: The others.

    Raises:
        InputError: If attributes are no finite matrix, or unseen are not
            some of its rows.
    """

    def __init__(self, attributes, unseen):
        self.matrix = _matrix(attributes)
        classes = range(len(self.matrix))
        self.unseen = tuple(int(u) for u in unseen)
        self.seen = tuple(k for k in classes if k not in self.unseen)
        if (
            not self.unseen
            or not self.seen
            or len(set(self.unseen)) != len(self.unseen)
            or not set(self.unseen) < set(classes)
        ):
            raise InputError(
                "unseen must name some of the classes 0 to "
                f"{len(self.matrix) - 1} once, and not all, received "
                f"{unseen!r}."
            )

    def __len__(self):
        return len(self.matrix)

    def check_head(self, tap, shape, head):
        """Checks that a classifier maps a teacher's tap to the classes.

        Args:
            tap: Name of the tap.
            shape: Its shape, with batch.
            head: A layer with a kernel.

        Raises:
            InputError: If it does not.
        """
        kernel = tuple(head.kernel.shape)
        if shape[1:] != kernel[:1] or kernel[-1] != len(self):
            raise InputError(
                "The student's classifier must map the teacher's "
                f"{tap!r} to the {len(self)} classes that have attributes, "
                f"received a tap of shape {shape} and a kernel of shape "
                f"{kernel}. Give the student an embedding as wide as the "
                "teacher's, and a row of attributes for each of its classes."
            )

    def by_class(self, features, labels):
        """Returns the rows of each seen class, as float64.

        Args:
            features: `(examples, features)`.
            labels: Class of each, -1 or `None` where it is not known.

        Raises:
            InputError: If a seen class has no example.
        """
        features = np.asarray(features, "float64")
        labels = np.full(len(features), -1) if labels is None else labels
        labels = np.asarray(labels).reshape(-1)
        missing = sorted(set(self.seen) - set(labels.tolist()))
        if missing:
            raise InputError(
                "Every seen class needs an example with its label, received "
                f"none of {missing}. Name them in `unseen`, or add data."
            )
        return [features[labels == s] for s in self.seen]


def _matrix(attributes):
    """Attributes as an array, checked."""
    try:
        matrix = np.array(attributes, "float64")
    except (TypeError, ValueError):
        matrix = np.zeros(0)
    if matrix.ndim != 2 or not matrix.size or not np.all(np.isfinite(matrix)):
        raise InputError(
            "attributes must be finite numbers, one row a class and one "
            f"column an attribute, received {attributes!r}."
        )
    return matrix
