"""Makes `light_shards` importable by its name, as Beam's workers import it."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
