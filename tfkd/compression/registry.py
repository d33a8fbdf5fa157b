"""Compression recipes by name."""

import dataclasses

from tfkd.errors import InputError
from tfkd.errors import unknown

STAGES = ("prune", "two_by_four", "cluster", "quantize")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one kind of compressed model is made.

    Attributes:
        name: Key in configs, folder of the result, name of its variant.
        summary: What it does, in one line.
        mode: What `tfkd.export.convert` makes of the Keras 3 model, for
            recipes without training; empty for the others.
        stages: What is trained, one after the other; see `STAGES`.
        bits: Bits of a weight.
        integer: Whether no tensor may be a float.
        taught: Whether the teacher goes on distilling.
        control: The recipe that does the same without what this one claims
            to gain by, if there is one.
    """

    name: str
    summary: str
    mode: str = ""
    stages: tuple = ()
    bits: int = 8
    integer: bool = True
    taught: bool = True
    control: str = ""

    @property
    def trains(self):
        return bool(self.stages)

    @property
    def bridged(self):
        """Whether it is made in legacy Keras, by tfmot."""
        return not self.mode


def _recipe(name, summary, *stages, **values):
    return name, Recipe(name, summary, stages=stages, **values)


_ALONE = "without a teacher, on labels alone"
_RECIPES = dict(
    (
        _recipe(
            "float16",
            "weights of 16 bits; computes in float32 on a CPU",
            mode="float16",
            integer=False,
        ),
        _recipe(
            "int8_ptq",
            "full-integer int8 quantization after training",
            mode="int8",
        ),
        _recipe(
            "int8_qat",
            "int8 quantization-aware training, distilled",
            "quantize",
            control="int8_qat_alone",
        ),
        _recipe(
            "int8_qat_alone",
            f"int8 quantization-aware training {_ALONE}",
            "quantize",
            taught=False,
        ),
        _recipe(
            "int8_pruned",
            "pruning by magnitude, then int8 after training",
            "prune",
        ),
        _recipe(
            "int8_pruned_qat",
            "pruning, then int8 training that keeps the zeros",
            "prune",
            "quantize",
        ),
        _recipe(
            "int8_2by4",
            "two zeros in every four weights, then int8 after training",
            "two_by_four",
        ),
        _recipe(
            "int8_2by4_qat",
            "two zeros in four, then int8 training that keeps them",
            "two_by_four",
            "quantize",
        ),
        _recipe(
            "int8_clustered",
            "few values in each kernel, then int8 after training",
            "cluster",
        ),
        _recipe(
            "int8_clustered_qat",
            "few values, then int8 training that keeps them few",
            "cluster",
            "quantize",
        ),
        _recipe(
            "int8_pruned_clustered_qat",
            "pruning, few values, then int8 training that keeps both",
            "prune",
            "cluster",
            "quantize",
        ),
        _recipe(
            "int4_ptq",
            "4-bit weights and int8 activations after training",
            bits=4,
        ),
        _recipe(
            "int4_qat",
            "4-bit weights, quantization-aware training, distilled",
            "quantize",
            bits=4,
            control="int4_qat_alone",
        ),
        _recipe(
            "int4_qat_alone",
            f"4-bit weights, quantization-aware training {_ALONE}",
            "quantize",
            bits=4,
            taught=False,
        ),
    )
)


def names():
    """Returns the names of all recipes."""
    return tuple(sorted(_RECIPES))


def get(name):
    """Returns the recipe of that name.

    Raises:
        InputError: If there is none.
    """
    if name not in _RECIPES:
        hint = f"All: {', '.join(names())}."
        raise unknown("compression recipe", name, _RECIPES, hint)
    return _RECIPES[name]


def check(recipes):
    """Returns the recipes of these names.

    Raises:
        InputError: If one is unknown or repeated, or there is none.
    """
    found = [get(name) for name in recipes]
    if not found or len(set(recipes)) != len(found):
        raise InputError(
            "`recipes` must name at least one recipe, each once, received "
            f"{list(recipes)}. Known: {', '.join(names())}."
        )
    return found


def with_controls(recipes):
    """Returns names of recipes and of what each must be compared with.

    Every recipe that trains is shown beside quantization after training with
    as many bits, and distilled ones beside the same training on labels alone.
    """
    result = list(recipes)
    for recipe in check(recipes):
        wanted = [recipe.control] if recipe.control else []
        if recipe.trains:
            wanted.append("int4_ptq" if recipe.bits == 4 else "int8_ptq")
        result += [name for name in wanted if name not in result]
    return tuple(result)
