"""Taps name tensors of a model and read them in one forward pass.

| name | tensor |
|---|---|
| `"stage2"` | output of the layer `stage2` |
| `"backbone/stage2"` | output of a layer of the nested model `backbone` |
| `"stage2:pre"` | the same before the layer's activation |
| `"bn1:input"` | what the layer `bn1` receives |
| `"logits"` | the model's class scores before any softmax |
| `"outputs"` | what the model returns |
| `"logits:gradient"` | a derivative, see `tfkd.taps.derivatives` |

Scores `(batch, classes)` behind a sigmoid are read before it, too; maps behind
one, such as images, are read as they are.

Maps are `(batch, height, width, channels)`. One that a layer of
`data_format="channels_first"` makes is refused: losses would take its channels
for rows.
"""

from tfkd.taps.auxiliary import with_auxiliary
from tfkd.taps.extractor import Extractor
from tfkd.taps.graph import TapGraph
from tfkd.taps.graph import extend
from tfkd.taps.graph import names
from tfkd.taps.graph import summary
from tfkd.taps.image import image
from tfkd.taps.layers import batch_normalizations
from tfkd.taps.layers import class_logits
from tfkd.taps.layers import classifier
from tfkd.taps.layers import common_convolutions
from tfkd.taps.layers import layers_of
from tfkd.taps.normalization import batch_normalization
from tfkd.taps.normalization import pre_activation
from tfkd.taps.parts import cut
from tfkd.taps.parts import until
from tfkd.taps.peer import Peer
from tfkd.taps.peer import with_peers
from tfkd.taps.stages import all_pairs
from tfkd.taps.stages import common_size
from tfkd.taps.stages import group_ends
from tfkd.taps.stages import middle_stage
from tfkd.taps.stages import output_names
from tfkd.taps.stages import shape
from tfkd.taps.stages import stage_pairs
from tfkd.taps.stages import stages
from tfkd.taps.styles import with_styles
from tfkd.taps.view_pair import with_view_pair
from tfkd.taps.weights import with_class_vectors

__all__ = [
    "Extractor",
    "Peer",
    "TapGraph",
    "all_pairs",
    "batch_normalization",
    "batch_normalizations",
    "class_logits",
    "classifier",
    "common_convolutions",
    "common_size",
    "cut",
    "extend",
    "group_ends",
    "image",
    "layers_of",
    "middle_stage",
    "names",
    "output_names",
    "pre_activation",
    "shape",
    "stage_pairs",
    "stages",
    "summary",
    "until",
    "with_auxiliary",
    "with_class_vectors",
    "with_peers",
    "with_styles",
    "with_view_pair",
]
