"""Transforms whose result is compared."""

import functools

from tests.parity.extremes.tensors import FEATURE_MAPS
from tests.parity.extremes.tensors import VECTORS
from tfkd import transforms

# Transform, and the tensors it is given.
TRANSFORMS = {
    "affinity": (transforms.AffinityMatrix, FEATURE_MAPS),
    "attention_distribution": (
        transforms.AttentionDistribution,
        FEATURE_MAPS,
    ),
    "attention": (transforms.AttentionMap, FEATURE_MAPS),
    "kernel_matrix": (transforms.KernelMatrix, FEATURE_MAPS),
    "log_similarity": (transforms.LogSimilarity, VECTORS),
    "pair_distances": (transforms.PairDistances, VECTORS),
    "pooled_map": (
        functools.partial(transforms.PooledMap, (2, 3)),
        FEATURE_MAPS,
    ),
    "position_affinity": (transforms.PositionAffinity, FEATURE_MAPS),
    "similarity": (transforms.SimilarityMatrix, VECTORS),
    "singular_vectors": (transforms.SingularVectors, FEATURE_MAPS),
    "triplet_angles": (transforms.TripletAngles, VECTORS),
}
