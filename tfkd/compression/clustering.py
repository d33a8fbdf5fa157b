"""Weight clustering: few different values in each kernel."""

from tfkd.compression import legacy
from tfkd.compression.bridge import update
from tfkd.compression.wrapped import WrappedModel
from tfkd.compression.wrapped import large_kernels
from tfkd.errors import InputError

# Weights for each cluster, below which a table of values saves nothing.
_WEIGHTS_A_CLUSTER = 4


class ClusteredModel(WrappedModel):
    """Each kernel's weights share `clusters` values, which are learnt.

    Args:
        graph: A rewritten `Graph`; where its kernels are pruned, one of the
            values is zero and the zeros stay.
        clusters: Number of values in a kernel.

    Raises:
        InputError: If the graph has no kernel that this would help.
    """

    def __init__(self, graph, *, clusters=16):
        self._clusters = clusters
        smallest = _WEIGHTS_A_CLUSTER * clusters
        self.names = large_kernels(graph, smallest)
        if not self.names:
            raise InputError(
                f"Clustering to {clusters} values needs a kernel with at "
                f"least {smallest} weights; the model {graph.name!r} has "
                "none that is trainable. Use 'int8_qat', or fewer `clusters`."
            )
        super().__init__(graph)
        self.trainable += [
            wrapper.cluster_centroids["kernel"]
            for wrapper in self.wrappers.values()
        ]

    def wrap(self, layer, node):
        if node.name not in self.names:
            return layer
        clustering = legacy.tfmot().clustering.keras
        sparse = "zeros" in self._graph.kept.get(node.name, ())
        return clustering.cluster_weights(
            layer,
            number_of_clusters=self._clusters,
            # The other ways to begin draw random numbers without a seed.
            cluster_centroids_init=clustering.CentroidInitialization.LINEAR,
            preserve_sparsity=sparse,
        )

    def graph(self):
        variables = dict(self.variables)
        for name, wrapper in self.wrappers.items():
            wrapper.update_clustered_weights_associations()
            kernel = wrapper.get_weight_from_layer("kernel")
            variables[name] = [kernel, *variables[name][1:]]
        graph = update(self._graph, variables)
        graph.keep(self.names, "clusters")
        return graph
