"""What a method says about itself, readable without importing Keras."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Card:
    """Facts about one method. Every value is a literal in the source.

    Attributes:
        key: Name of the method, and stem of its file.
        status: `"faithful"` or `"simplified"`.
        simplified: What is left out, where `status` is `"simplified"`.
        columns: The survey's columns for the method's table.
        zero_when_equal: Whether every distillation loss is zero where
            teacher and student taps agree.
        needs: What a batch must carry beyond inputs and labels: of
            `"index"`, `"views"`, `"unlabelled"`.
        teacher: What `build` takes as teacher: `"one"` model, `"many"` (a
            list of them), or `"none"` where the student learns from itself
            or from peers.
        options: Arguments with which the tests also build it.
        task: Name of the module in `tfkd.tasks` whose models and labels it
            is for; empty for a classifier.
        instead: What it does instead of training a given classifier, such as
            `"makes images"`; empty where it does that.
        example: Lines of `tfkd methods KEY`'s example that make `teacher`,
            `student`, `x`, `labels` or `loss` what this method needs, where
            the usual ones are not; see `tfkd.methods.example`.
    """

    key: str
    status: str = "faithful"
    simplified: str = ""
    columns: dict = dataclasses.field(default_factory=dict)
    zero_when_equal: bool = False
    needs: tuple = ()
    teacher: str = "one"
    options: dict = dataclasses.field(default_factory=dict)
    task: str = ""
    instead: str = ""
    example: str = ""
