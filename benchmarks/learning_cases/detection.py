"""Learning cases of the section `detection`."""

from learning_cases.case import Case

CASES = {
    "fgfi": Case(
        task="scenes_detection",
        remark="likely: the student has boxes for all of its 200 scenes; "
        "the gain is within its spread",
    ),
    "umts": Case(task="three_shots"),
    "vehicle_maker": Case(
        {"attention_weight": 100.0}, task="background_removed"
    ),
}
