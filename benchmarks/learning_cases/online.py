"""Learning cases of the section `online`."""

from learning_cases.case import Case

CASES = {
    "arthus": Case({"every": 2, "window": 20}, task="sorted_digits"),
    "jitnet": Case(
        {"minimum_stride": 2, "maximum_stride": 16}, task="sorted_digits"
    ),
    "afd_online": Case(
        task="no_teacher",
        remark="likely: two peers of 1,662 parameters and 100 labels have "
        "little to tell each other; within its spread",
    ),
    "dml": Case(task="no_teacher"),
    "mod_video": Case(
        {"groups": 2, "members": 2, "gate_tap": "stage1"}, task="no_teacher"
    ),
    "okddip": Case({"ramp_steps": 250}, task="no_teacher"),
    "collaborative_learning": Case(task="no_teacher"),
    "ffl": Case(
        {"ramp_steps": 250},
        task="no_teacher",
        remark="likely: what two branches of 100 labels agree on is as wrong "
        "on images without a label as either",
    ),
    "mcod": Case(
        {"period_steps": 34, "on_steps": 17, "ramp_steps": 500},
        task="peers_of_other_structures",
    ),
    "dualnet": Case(
        task="side_by_side",
        remark="likely: each extractor has a third of the control's steps, "
        "and 100 labels tell two of them little that is complementary",
    ),
    "one": Case(task="no_teacher"),
    "codistillation": Case(
        {"exchange_steps": 20, "burn_in_steps": 200}, task="no_teacher"
    ),
}
