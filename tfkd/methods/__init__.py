"""The survey's methods: one file each, found by its key.

d = tfkd.methods.get("at").build(teacher=teacher, student=student)
d.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
d.fit(images, labels)
"""

from tfkd.methods.card import Card
from tfkd.methods.registry import Method
from tfkd.methods.registry import catalogue
from tfkd.methods.registry import get
from tfkd.methods.registry import names
from tfkd.methods.registry import signature

__all__ = ["Card", "Method", "catalogue", "get", "names", "signature"]
