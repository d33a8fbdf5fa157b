"""Learning cases of the section `self`."""

from learning_cases.case import Case

CASES = {
    "byot": Case(task="labelled_only"),
    "snapshot_distillation": Case({"cycle_steps": 255}, task="labelled_only"),
    "ddgsd": Case({"pixels": 1, "mirror": False}, task="no_teacher"),
    "sad": Case({"start_step": 255, "weight": 10.0}, task="labelled_only"),
    "ban": Case({"generations": 2}, task="born_again"),
    "moonshine": Case({"weight": 50.0}, task="cheap_convolutions"),
    "tolerant_teacher": Case({"generations": 2}, task="labelled_only"),
    "self_kd_nlp": Case(
        {"temperature": 0.2, "weight": 0.3, "task_weight": 0.7},
        task="next_words",
        remark="likely: after 600 steps word vectors say little about which "
        "words may stand for one another",
    ),
}
