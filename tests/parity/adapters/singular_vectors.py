"""Singular vectors of feature maps."""

import keras
import numpy as np
from keras import ops

from tfkd import losses

from .helpers import differentiate


def _flow(basis, wanted, of_batch):
    def adapter(arrays, hyperparameters):
        layers = range(hyperparameters["n_layers"])
        loss = losses.SingularVectorFlow(
            pairs=[(f"t{i}", f"s{i}") for i in layers],
            count=hyperparameters["k"],
            basis=basis,
        )
        loss.setup(
            *(
                {
                    f"{side}{i}": keras.KerasTensor(
                        arrays[f"{side}_feat{i}"].shape
                    )
                    for i in layers
                }
                for side in ("t", "s")
            )
        )

        def function(a):
            pairs = []
            for i in layers:
                pair = loss.vectors(a[f"t_feat{i}"], a[f"s_feat{i}"])
                # The signs that the public code happened to have.
                dot = np.sum(pair[0].numpy() * arrays[f"t_v{i}"], 1)
                sign = np.sign(dot)[:, None].astype("float32")
                pairs.append([v * sign for v in pair])
            return of_batch(loss.compare(pairs))

        return differentiate(function, arrays, wanted)

    return adapter


ADAPTERS = {
    "kdsvd": _flow("own", [], ops.mean),
    "kdsvd_tf2": _flow("teacher", ["s_feat0", "s_feat1"], ops.sum),
}
