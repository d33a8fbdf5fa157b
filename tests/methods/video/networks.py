"""Tiny networks of clips, for the tests of this section."""

from tfkd.tasks import clips


def clip_network(*, frames=4, classes=2, units=3, **arguments):
    """A recurrent network of clips of 8x8 pixels."""
    return clips.model(
        frames=frames,
        size=8,
        num_classes=classes,
        filters=(2, 2),
        units=units,
        **arguments,
    )
