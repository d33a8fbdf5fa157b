"""What a method whose teachers see different things is given."""

from tfkd.errors import InputError
from tfkd.teachers.as_ensemble import as_ensemble
from tfkd.teachers.ensemble import EnsembleTeacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.transforms import Pick


def own_views(method, teacher, views, argument="modalities"):
    """Returns an ensemble in which each network sees its own view.

    Args:
        method: Key of the method, for the error.
        teacher: See `as_ensemble`.
        views: Names in the teacher's view, one a teacher in their order:
            `x = {"student": ..., "teacher": {"depth": ..., "flow": ...}}`;
            `None` where all see the same.
        argument: Name of the method's argument that `views` is.

    Returns:
        An `EnsembleTeacher`.

    Raises:
        InputError: If there is not one name for each teacher, a network.
    """
    ensemble = as_ensemble(teacher)
    if views is None:
        return ensemble
    networks = [getattr(member, "model", None) for member in ensemble.members]
    if len(views) != len(networks) or None in networks:
        raise InputError(
            f"{method} needs one of {argument} for each teacher, a "
            f"keras.Model; received {len(networks)} teachers and {argument}="
            f"{tuple(views)}."
        )
    return EnsembleTeacher(
        [
            FrozenTeacher(network, preprocessing=Pick(name))
            for network, name in zip(networks, views)
        ],
        weights=ensemble.weights_,
        fuse=ensemble.fuse,
    )
