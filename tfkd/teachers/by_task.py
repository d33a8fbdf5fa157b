"""What a method of several tasks is given as teacher."""

from tfkd import taps
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.as_ensemble import as_ensemble
from tfkd.teachers.ensemble import EnsembleTeacher


def by_task(teacher, tasks, *, one=None):
    """Returns one teacher, and which of its taps teach each task.

    Args:
        teacher: Models that know all `tasks`, one or a list; or a dict of
            task to such models, or to models of this task alone.
        tasks: Names of the tasks: the student's outputs.
        one: Key of a method that takes one teacher a task; `None` where
            there may be several.

    Returns:
        An `EnsembleTeacher`, and a dict of task to names of its taps.

    Raises:
        InputError: If a task is none of the student's, there is no teacher,
            or there are several where one is taken.
    """
    ensemble, found = _found(teacher, tasks)
    for task, names in found.items():
        if one and len(names) != 1:
            raise InputError(
                f"A task of {one} has one teacher, received {len(names)} of "
                f"{task!r}. Use mtdnn_kd for ensembles."
            )
    return ensemble, found


def _found(teacher, tasks):
    if not isinstance(teacher, dict):
        ensemble = as_ensemble(teacher)
        members = range(len(ensemble.members))
        return ensemble, {t: [f"{i}/{t}" for i in members] for t in tasks}
    members, found = [], {}
    for task, given in teacher.items():
        if task not in tasks:
            raise unknown("task of the student", task, tasks)
        found[task] = []
        for model in given if isinstance(given, (list, tuple)) else [given]:
            places = [i for i, m in enumerate(members) if m is model]
            if not places:
                members.append(model)
            tap = task if task in taps.output_names(model) else "logits"
            place = (places or [len(members) - 1])[0]
            found[task].append(f"{place}/{tap}")
    return EnsembleTeacher(members), found
