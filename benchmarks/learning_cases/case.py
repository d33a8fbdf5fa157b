"""One row of the learning table."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """How one method is trained for the learning table.

    Attributes:
        arguments: Arguments of the method's `build` that a paper leaves to
            its user, chosen on the eval split; everything else is the
            method's default.
        task: Name of the protocol, in `learning_protocols`.
        remark: Why a method may not gain here. It is shown while the numbers
            show no gain.
    """

    arguments: dict = dataclasses.field(default_factory=dict)
    task: str = "digits"
    remark: str = ""
