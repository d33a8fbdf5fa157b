"""What a method of several tasks is given as teacher."""

from tfkd import taps
from tfkd.errors import unknown
from tfkd.teachers.as_ensemble import as_ensemble
from tfkd.teachers.ensemble import EnsembleTeacher


def by_task(teacher, tasks):
    """Returns one teacher, and which of its taps teach each task.

    Args:
        teacher: Models that know all `tasks`, one or a list; or a dict of
            task to such models, or to models of this task alone.
        tasks: Names of the tasks: the student's outputs.

    Returns:
        An `EnsembleTeacher`, and a dict of task to names of its taps.

    Raises:
        InputError: If a task is none of the student's, or there is no
            teacher.
    """
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
