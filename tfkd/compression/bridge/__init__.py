"""From Keras 3 to legacy Keras, which tfmot needs; proven equal.

`read` takes a Keras 3 model apart into a `Graph` of NumPy weights, `rewrite`
turns it into what quantizes well, `write` builds the `tf_keras` model, and
`check_equal` compares the two on real images.
"""

from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node
from tfkd.compression.bridge.parity import check_equal
from tfkd.compression.bridge.reader import read
from tfkd.compression.bridge.rewrite import rewrite
from tfkd.compression.bridge.writer import update
from tfkd.compression.bridge.writer import write

__all__ = [
    "Graph",
    "Node",
    "check_equal",
    "read",
    "rewrite",
    "update",
    "write",
]
