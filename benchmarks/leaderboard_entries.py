"""Which methods enter a task, and why the others do not."""

from benchmarks.leaderboard_grids import KINDS
from benchmarks.leaderboard_tasks.task import APART

# In this order, before all others: what a user asks for first.
FIRST = (
    "hinton_kd",
    "fitnet",
    "at",
    "sp",
    "rkd",
    "pkt",
    "crd",
    "vid",
    "nst",
    "ab",
    "ft",
    "cckd",
    "heo_overhaul",
    "dml",
    "ban",
    "takd",
)
CONTROLS = ("alone", "smoothing", "svm", "teacher")
# What the kinds of `task.KINDS` have that `hinton_kd` has not.
MORE = {"many": "2 teachers", "route": "checkpoints"}
TWO_NETWORKS = "it learns two networks of two views, no classifier"
# What no card says.
LEFT_OUT = {
    "aid_event": "it needs annotated and plain sentences",
    "ambient_sound": TWO_NETWORKS,
    "ard": "it is for accuracy under attack, which is not scored here; see "
    "`attacked_digits` in the learning table",
    "asr_lipreading": "it reads sequences of frames",
    "dream_distillation": "it needs records of the teacher's features",
    "faces_voices": TWO_NETWORKS,
    "graph_distillation": "it needs several modalities, a teacher each",
    "hoffman_rgbd": "it needs networks of one architecture",
    "jung_specialists": "it needs a general teacher and specialists",
    "l3net": TWO_NETWORKS,
    "lates": "it imitates controls",
    "lead_exceed": "it is for labels that are wrong in part; see "
    "`noisy_labels` in the learning table",
    "lfme": "it is for classes of unequal size; see `long_tail` in the "
    "learning table",
    "lopes_datafree": "it needs records of the teacher's features",
    "model_compression": "the images that it adds take more than the "
    "budget's steps",
    "pate": "it needs teachers that share no image; see `private_shards` in "
    "the learning table",
    "pins": TWO_NETWORKS,
    "pseudo_example": "its images come from few ones that are given",
    "pu_compression": "it needs a few labels and a pool; see "
    "`cluttered_pool` in the learning table",
    "sake": "it needs a teacher of other classes",
    "svhf": TWO_NETWORKS,
    "uhc": "it needs teachers of different classes",
}


def why_not(method, task):
    """Returns why a method does not enter, `""` if it does.

    A method that enters may still refuse the task's models when it is built:
    its own message is then the reason.

    Args:
        method: A `tfkd.methods` method.
        task: A `Task`.
    """
    card = method.card
    if method.key in task.also:
        return ""
    if method.section not in (task.sections or (method.section,)):
        return f"only methods of {' and '.join(task.sections)} see such data"
    if method.section in APART and method.section not in task.sections:
        return f"it is for tasks of the section {method.section}"
    if card.get("instead"):
        return f"it {card['instead']}"
    if card.get("task"):
        return f"it is for the task {card['task']}, not for classifiers"
    missing = [n for n in card.get("needs", ()) if n not in task.provides]
    if missing:
        return f"it needs {' and '.join(missing)}, which is not there"
    if kind(method) not in task.kinds:
        return f"it needs a teacher of the kind {kind(method)!r}"
    return LEFT_OUT.get(method.key, "")


def kind(method):
    """Returns what a method's `build` gets as its teacher."""
    return KINDS.get(method.key, method.card.get("teacher", "one"))


def more(entry):
    """Returns what a method gets beyond the one teacher of others, or `""`.

    Args:
        entry: Its key.
    """
    from tfkd import methods

    return MORE.get(kind(methods.get(entry)), "")


def named(entry):
    """Returns a method's key and what more it gets, as Markdown."""
    found = more(entry)
    return f"`{entry}`, *{found}*" if found else f"`{entry}`"


def entering(task):
    """Returns the keys of the methods of a task, the best known first."""
    from tfkd import methods

    keys = [k for k in methods.names() if not why_not(methods.get(k), task)]
    known = [key for key in FIRST if key in keys]
    return [*known, *(key for key in keys if key not in known)]


def left_out(task):
    """Returns key to reason, of the methods that do not enter."""
    from tfkd import methods

    found = {key: why_not(methods.get(key), task) for key in methods.names()}
    return {key: reason for key, reason in found.items() if reason}
