"""A method's runnable example, written from its card without Keras."""

_IMPORTS = "import keras\nimport numpy as np\n\nimport tfkd\n"
_CLASSIFIER = """\
images = np.random.uniform(size=(64, 28, 28, 1)).astype("float32")
labels = np.random.randint(0, 10, size=64)
shapes = {"input_shape": (28, 28, 1), "num_classes": 10}
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
x = images
"""
_TASK = """\
task = tfkd.tasks.get("{task}")
x, labels = task.data(64)
teacher = task.model()
student = task.model()
loss = task.loss()
"""
_MANY = """\
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
"""
_TEACHERS = {"one": "teacher", "many": "[teacher, other]", "none": "None"}
_NEEDS = {
    "index": 'x = {"student": images, "index": np.arange(64)}\n',
    "views": (
        "noise = np.random.normal(0, 0.1, images.shape)\n"
        'x = {"student": images + noise, "teacher": images}\n'
    ),
    "unlabelled": "labels[::3] = -1  # Their labels are not known.\n",
}
# Options that say what the data are; others are chosen to be quick.
_FACTS = (
    "attributes",
    "farthest",
    "mirror",
    "moving_classes",
    "size",
    "unseen",
    "value_range",
)
# Of `_CLASSIFIER`'s data, where cards say those of the tests' digits.
_CLASSIFIER_FACTS = {"value_range": (0.0, 1.0)}
# What the lines for a need set.
_SETS = {"index": "x", "views": "x", "unlabelled": "labels[::3]"}
_END = """\
distiller.compile("adam", loss)
distiller.fit({fit})
distiller.student.save("student.keras")
"""


def example(method):
    """Returns the source of a program that trains with a method.

    Args:
        method: A `Method`.
    """
    card = method.card
    task = card.get("task", "")
    setup = _TASK.format(task=task) if task else _CLASSIFIER
    kind = card.get("teacher", "one")
    own = card.get("example", "")
    if kind == "many" and not task and "other =" not in own:
        setup += _MANY
    for need in card.get("needs", ()):
        setup += _NEEDS[need] if f"{_SETS[need]} =" not in own else ""
    setup += own
    teacher = "teachers" if "teachers =" in own else _TEACHERS[kind]
    build = _build(method, teacher, "options =" in own)
    # What tells unlabelled images from others sees images.
    free = method.section == "data_free" and not card.get("needs")
    end = _END.format(fit="steps_per_epoch=2" if free else "x, labels")
    return f"{_IMPORTS}\n{setup}{build}{end}"


def _build(method, teacher, has_options):
    lines = [
        f'distiller = tfkd.methods.get("{method.key}").build(',
        f"    teacher={teacher},",
        "    student=student,",
    ]
    options = dict(method.card.get("options", {}))
    if has_options:
        lines.append("    **options,")
        options = {}
    facts = {name: options.pop(name) for name in _FACTS if name in options}
    if not method.card.get("task"):
        facts |= {
            name: value
            for name, value in _CLASSIFIER_FACTS.items()
            if name in facts
        }
    for comment, values in (
        ("Facts of the data above: give those of yours.", facts),
        ("Chosen for this example, which ends in seconds.", options),
    ):
        lines += [f"    # {comment}"] if values else []
        lines += [f"    {name}={value!r}," for name, value in values.items()]
    return "\n".join([*lines, ")", ""])
