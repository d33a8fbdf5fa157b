"""From a Keras model to a `.tflite` that runs on a phone.

`convert` (in a child process), `litert` (run it), `inspect` (look inside),
`metadata` and `package` (what travels with it), `latency` (how fast it is).
"""

from tfkd.export.convert import Conversion
from tfkd.export.convert import convert
from tfkd.export.inspect import inspect
from tfkd.export.litert import LiteRTModel

__all__ = ["Conversion", "LiteRTModel", "convert", "inspect"]
