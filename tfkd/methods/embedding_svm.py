"""A support vector machine on what a network makes of its inputs."""

import keras

from tfkd import taps
from tfkd.errors import require_scikit_learn


class EmbeddingSVM:
    """Classifies a network's embeddings, in place of its last layer.

    Needs scikit-learn.

    Args:
        model: A trained network.
        tap: Name of the embedding.
        kernel: Of the machine, see `sklearn.svm.SVC`.

    Attributes:
        machine: The `sklearn.svm.SVC`.
    """

    def __init__(self, model, *, tap="embedding", kernel="rbf"):
        require_scikit_learn("A support vector machine")
        from sklearn import svm

        graph = taps.TapGraph(model)
        self._network = keras.Model(graph.inputs, graph.tensor(tap))
        self.machine = svm.SVC(kernel=kernel, gamma="scale")

    def embed(self, x):
        """Returns embeddings of inputs, an array `(examples, features)`."""
        found = self._network.predict(x, verbose=0)
        return found.reshape(len(found), -1)

    def fit(self, x, y):
        """Trains the machine, not the network.

        Args:
            x: Inputs of the network.
            y: Classes, whole numbers; examples of -1 are left out.
        """
        known = y >= 0
        self.machine.fit(self.embed(x)[known], y[known])
        return self

    def predict(self, x):
        """Returns classes of inputs, whole numbers."""
        return self.machine.predict(self.embed(x))
