"""What a method of several teachers is given."""

from tfkd.teachers.ensemble import EnsembleTeacher


def as_ensemble(teacher):
    """Returns an `EnsembleTeacher`, whose taps are `"0/logits"`, ....

    Args:
        teacher: One, a model or a `Teacher`, a list of them, or such a
            teacher already.

    Raises:
        InputError: If a member is no teacher, or there is none.
    """
    if isinstance(teacher, EnsembleTeacher):
        return teacher
    several = isinstance(teacher, (list, tuple))
    return EnsembleTeacher(list(teacher) if several else [teacher])
