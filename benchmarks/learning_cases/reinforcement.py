"""Learning cases of the section `reinforcement`."""

from learning_cases.case import Case

CASES = {
    "cdrl": Case({"units": (64,)}, task="other_actions"),
    "ltcr": Case(
        task="recorded_returns",
        remark=(
            "likely: agents learn from the same recorded returns, so that "
            "no one knows what another does not"
        ),
    ),
    "n2n": Case(
        {"iterations": 4, "samples": 4, "trial_epochs": 4, "held_out": 0.3},
        task="reduced",
    ),
    "piekd": Case(
        task="policies_without_teacher",
        remark=(
            "likely: all policies learn from the same recorded actions, "
            "so that the best is hardly better"
        ),
    ),
    "policy_distillation": Case({"temperature": 0.05}, task="replayed_states"),
    "rnd": Case(
        task="new_digits",
        remark=(
            "likely: the control knows the labels of the known digits, "
            "and RND sees none"
        ),
    ),
}
