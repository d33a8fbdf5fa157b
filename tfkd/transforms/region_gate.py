"""Which regions of maps are kept."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class RegionGate(Transform):
    """Keeps or drops whole regions, as a gate of an LSTM does.

    Equation:  r_ik = sigmoid(w_i . [t_ik, s_k] + b_i)
    Symbols:   t_ik, s_k mean of map F_i, of the student's map, over region k
               of a grid, at length one; w, b trained; r_i (batch, height,
               width, 1), the same number all over a region.

    It is called with the list of the F_i and the student's map, and returns
    the list of the r_i. Gates start at 1/2.

    Args:
        regions: `(rows, columns)` of the grid.
        **kwargs: See `Transform`.

    Raises:
        InputError: If the maps are smaller than the grid, or of unknown size.
    """

    # A region that is dropped asks nothing of the student.
    scales_the_map = False

    def __init__(self, regions=(2, 2), **kwargs):
        super().__init__(**kwargs)
        self.regions = tuple(int(count) for count in regions)

    def build(self, input_shape):
        *teachers, student = (tuple(shape) for shape in input_shape)
        fits = len(self.regions) == 2 and all(
            size is not None and 1 <= count <= size
            for count, size in zip(self.regions, student[1:3])
        )
        if not fits:
            raise InputError(
                "regions must be (rows, columns) of at least 1 and at most "
                "the maps' height and width, which must be known; received "
                f"{self.regions} for maps of {student[1:3]}."
            )
        self.kernels, self.biases = [], []
        for index, shape in enumerate(teachers):
            size = (shape[-1] + student[-1], 1)
            name = f"kernel_{index}"
            self.kernels.append(self.add_weight(size, "zeros", name=name))
            name = f"bias_{index}"
            self.biases.append(self.add_weight((1,), "zeros", name=name))

    def call(self, maps):
        *teachers, student = (
            l2_normalize(average_to(x, self.regions)) for x in maps
        )
        size = tuple(maps[-1].shape[1:3])
        gates = []
        for x, kernel, bias in zip(teachers, self.kernels, self.biases):
            both = ops.concatenate([x, student], axis=-1)
            gate = ops.sigmoid(ops.matmul(both, kernel) + bias)
            gates.append(average_to(gate, size))
        return gates

    def get_config(self):
        return {**super().get_config(), "regions": self.regions}
