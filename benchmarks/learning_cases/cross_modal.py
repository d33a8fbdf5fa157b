"""Learning cases of the section `cross_modal`."""

from learning_cases.case import Case

CASES = {
    "hafner_reid": Case(task="cross_modal_retrieval"),
    "cqd": Case(task="two_modalities"),
    "supervision_transfer": Case(
        {
            "teacher_tap": "embedding",
            "student_tap": "embedding",
            "reduce": "mean",
            "task_weight": 1.0,
        },
        task="two_modalities",
    ),
}
