"""How each method is trained for the learning table.

The arguments are those that a paper leaves to its user, chosen on the eval
split of the digits; everything else is the method's default.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        arguments: Arguments of the method's `build`.
        task: Name of the protocol in `learning_tasks.py`.
        remark: Why a method does not gain here, where it does not.
    """

    arguments: dict = dataclasses.field(default_factory=dict)
    task: str = "digits"
    remark: str = ""


# 60 epochs of 21 steps: 1,260 steps in all.
CASES = {
    "hinton_kd": Case(),
    "logit_regression": Case({"task_weight": 1.0}),
    "fitnet": Case({"hint_steps": 250}),
    "at": Case({"weight": 50.0}),
}
