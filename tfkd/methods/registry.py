"""Finds methods by key; reads their cards without importing Keras."""

import ast
import csv
import dataclasses
import functools
import importlib
import pathlib

from tfkd.errors import InputError
from tfkd.errors import unknown

_ROOT = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a method built a model: enough to build it again.

    Attributes:
        method: Key of the method.
        teacher: What was given as teacher.
        student: What was given as student.
        arguments: The method's own arguments.
    """

    method: str
    teacher: object
    student: object
    arguments: dict


class Method:
    """One method of the survey that is implemented.

    Attributes:
        key: Its name.
        section: Folder of its file: the family of methods.
        doc: Docstring of its module: equation, symbols, paper, differences.
        build_doc: Docstring of its `build`: arguments, result, errors.
        card: Card fields as a dict.
        arguments: Argument name to `(type, default)`, both as source text.
    """

    def __init__(self, path):
        self.path = path
        self.key = path.stem
        self.section = path.parent.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.doc = ast.get_docstring(tree) or ""
        self.card = _card(tree, path)
        build = _function(tree, "build", path)
        self.build_doc = ast.get_docstring(build) or ""
        self.arguments = _arguments(build)

    @property
    def summary(self):
        """First line of the docstring."""
        return self.doc.partition("\n")[0]

    @property
    def module(self):
        """The imported module."""
        return importlib.import_module(
            f"tfkd.methods.{self.section}.{self.key}"
        )

    def build(self, *, teacher, student, **arguments):
        """Builds the method's distiller.

        Args:
            teacher: A `keras.Model`, or what the method's docstring says.
            student: A `keras.Model`.
            **arguments: The method's own, see `tfkd methods KEY`.

        Returns:
            A `tfkd.Distiller` or another Keras model with `fit`, not
            compiled.

        Raises:
            InputError: If an argument is unknown or does not fit.
        """
        check_arguments(self.key, arguments)
        model = self.module.build(teacher=teacher, student=student, **arguments)
        # What a checkpoint says of how the model is built again.
        model.recipe = Recipe(self.key, teacher, student, arguments)
        return model

    def __repr__(self):
        return f"<Method {self.key!r}: {self.summary}>"


@functools.cache
def _found():
    paths = sorted(_ROOT.glob("*/*.py"))
    return {p.stem: Method(p) for p in paths if p.stem != "__init__"}


def names():
    """Returns the keys of all implemented methods, sorted."""
    return sorted(_found())


def get(key):
    """Returns a method by key.

    Raises:
        InputError: If it is unknown, or if the survey only names it.
    """
    found = _found()
    if key in found:
        return found[key]
    if key in {row["key"] for row in _survey()}:
        raise InputError(
            f"The survey names {key!r} in passing, and it is not implemented. "
            f"Implemented: {', '.join(sorted(found))}."
        )
    raise unknown("method", key, found, "See all with `tfkd methods`.")


def signature(key):
    """Returns argument name to `(type, default)` as source text."""
    return dict(get(key).arguments)


def check_arguments(key, arguments):
    """Checks the names of a method's arguments, without importing Keras.

    Raises:
        InputError: If the method has no such argument.
    """
    known = get(key).arguments
    for name in arguments:
        if name not in known:
            raise unknown(
                f"argument of method {key!r}",
                name,
                known or ["(it has none)"],
                f"See all with `tfkd methods {key}`.",
            )


def check_numbers(key, arguments):
    """Checks what `build` will check too, as far as it goes without Keras.

    A temperature must be above 0, a weight or a number of steps at least 0.

    Raises:
        InputError: If a number cannot be what its name says.
    """
    for name, value in arguments.items():
        _check_number(key, name, value)


def _check_number(key, name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    kind = name.rpartition("_")[2]
    if kind == "temperature":
        good, bound = value > 0, "above 0"
    elif kind in ("weight", "steps"):
        good, bound = value >= 0, "at least 0"
    else:
        return
    if not good or value == float("inf"):
        raise InputError(
            f"The argument {name!r} of method {key!r} must be a number "
            f"{bound}, received {value!r}."
        )


def check_for_pipeline(key, arguments=()):
    """Checks that a method needs no more than images, labels and a teacher.

    Args:
        key: The method's key.
        arguments: A dict of its arguments, which are checked too.

    Raises:
        InputError: If it is for other data, its student is not the one that
            is given, or an argument is wrong.
    """
    arguments = dict(arguments)
    check_arguments(key, arguments)
    check_numbers(key, arguments)
    card = get(key).card
    task, instead = card.get("task"), card.get("instead")
    views = "views" in card.get("needs", ())
    for reason in (
        task and f"is for the task {task!r}",
        views and "needs two views of each example",
        instead,
    ):
        if reason:
            raise InputError(
                "The pipeline trains the student that its config describes, "
                f"on images and labels; the method {key!r} {reason}. Train "
                f"with it in Python: `tfkd methods {key}` prints an example."
            )


@functools.cache
def _survey():
    with open(_ROOT / "survey.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def catalogue():
    """Returns one dict a row of the survey, implemented or not.

    Keys: those of `survey.csv`, and `status` (`faithful`, `simplified`,
    `planned`, or `commentary` for works that the survey only mentions),
    `summary`, `columns`, `simplified`.
    """
    found = _found()
    rows = []
    for row in _survey():
        method = found.get(row["key"])
        planned = "commentary" if row["tier"] == "4" else "planned"
        card = method.card if method else {}
        rows.append(
            {
                **row,
                "section": method.section if method else row["family"],
                "survey_section": row["section"],
                "status": card.get("status", planned),
                "summary": method.summary if method else row["mechanism"],
                "columns": card.get("columns", {}),
                "simplified": card.get("simplified", ""),
            }
        )
    return rows


def _card(tree, path):
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and getattr(node.targets[0], "id", "") == "CARD"
        ):
            card = {
                k.arg: ast.literal_eval(k.value) for k in node.value.keywords
            }
            return {"status": "faithful", **card}
    raise InputError(f"The method file {path.name} must define CARD.")


def _function(tree, name, path):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise InputError(f"The method file {path.name} must define {name}().")


def _arguments(build):
    arguments = {}
    for argument, default in zip(build.args.kwonlyargs, build.args.kw_defaults):
        if argument.arg in ("teacher", "student"):
            continue
        kind = ast.unparse(argument.annotation) if argument.annotation else ""
        value = ast.unparse(default) if default is not None else ""
        arguments[argument.arg] = (kind, value)
    return arguments
