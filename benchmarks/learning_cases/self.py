"""Learning cases of the section `self`."""

from learning_cases.case import Case

CASES = {
    "byot": Case(
        task="labelled_only",
        remark="likely: a student of two stages has a single earlier "
        "exit; the gain is within its spread",
    ),
    "snapshot_distillation": Case(
        {"cycle_steps": 255},
        task="labelled_only",
        remark="likely: within 1,020 steps an earlier self is no better "
        "teacher than the labels, whose share of the loss it "
        "takes",
    ),
    "ddgsd": Case(
        {"pixels": 1, "mirror": False},
        task="no_teacher",
        remark="likely: a step holds six labels where the control has "
        "twenty, and a pixel is an eighth of an image of 8x8",
    ),
    "sad": Case(
        {"start_step": 255, "weight": 10.0},
        task="labelled_only",
        remark="likely: two stages make a single pair of attention maps",
    ),
    "msd": Case(
        {"feature_weight": 0.01},
        task="labelled_only",
        remark=("likely: a student of two stages has a single earlier exit"),
    ),
    "sla_sd": Case({"temperature": 3.0}, task="labelled_only"),
    "bam": Case({"steps": 600}, task="sentences_teachers_of_tasks"),
    "ban": Case({"generations": 2}, task="born_again"),
    "moonshine": Case({"weight": 50.0}, task="cheap_convolutions"),
    "tolerant_teacher": Case(
        {"generations": 2},
        task="labelled_only",
        remark="likely: generation 0 has the size of the student and has "
        "seen the same 100 labels",
    ),
    "self_kd_nlp": Case(
        {"temperature": 0.2, "weight": 0.3, "task_weight": 0.7},
        task="next_words",
        remark="likely: after 600 steps word vectors say little about which "
        "words may stand for one another",
    ),
}
