"""Pruning by magnitude, and two zeros in every four weights."""

from tfkd.compression import legacy
from tfkd.compression.wrapped import WrappedModel
from tfkd.compression.wrapped import large_kernels
from tfkd.errors import InputError

# Below it, the zeros save less than a kernel's own header takes.
SMALLEST = 64
# The part of the training in which weights are still taken away.
_RAMP = 0.6
# Steps from one choice of zeros to the next.
_MOST_CHOICES = 20


class PrunedModel(WrappedModel):
    """Weights go to zero along a polynomial schedule while the rest learns.

    Args:
        graph: A rewritten `Graph`.
        steps: Steps of the training to come.
        sparsity: Share of zeros in each kernel at its end.
        two_by_four: Whether it is two zeros in every four weights along the
            input channels, from the start, instead of `sparsity`.

    Raises:
        InputError: If the graph has no kernel that this would help.
    """

    def __init__(self, graph, *, steps, sparsity=0.5, two_by_four=False):
        self._two_by_four = two_by_four
        self._schedule = self._pruning_schedule(steps, sparsity)
        self.names = large_kernels(graph, SMALLEST, self._fits)
        if not self.names:
            raise InputError(
                f"Pruning needs a kernel with at least {SMALLEST} weights"
                f"{' and input channels in fours' if two_by_four else ''}; "
                f"the model {graph.name!r} has none that is trainable. Use "
                "'int8_qat'."
            )
        super().__init__(graph)
        for wrapper in self.wrappers.values():
            wrapper.pruning_step.assign(0)

    def _fits(self, kernel):
        return not self._two_by_four or kernel.shape[-2] % 4 == 0

    def _pruning_schedule(self, steps, sparsity):
        schedules = legacy.tfmot().sparsity.keras
        last = max(int(steps * _RAMP), 1)
        frequency = max(last // _MOST_CHOICES, 1)
        if self._two_by_four:
            return schedules.ConstantSparsity(
                0.5, begin_step=0, end_step=last, frequency=frequency
            )
        # A choice is made at multiples of the frequency: the last must be one.
        last -= last % frequency
        return schedules.PolynomialDecay(
            initial_sparsity=0.0,
            final_sparsity=sparsity,
            begin_step=0,
            end_step=last,
            frequency=frequency,
        )

    def wrap(self, layer, node):
        if node.name not in self.names:
            return layer
        return legacy.tfmot().sparsity.keras.prune_low_magnitude(
            layer,
            pruning_schedule=self._schedule,
            sparsity_m_by_n=(2, 4) if self._two_by_four else None,
        )

    def finish(self):
        # The last step of the optimizer came after the last masking.
        for wrapper in self.wrappers.values():
            wrapper.pruning_obj.weight_mask_op()

    def graph(self):
        graph = super().graph()
        graph.keep(self.names, "zeros")
        return graph
