"""Learning cases of the section `face`."""

from learning_cases.case import Case

CASES = {
    "karlekar_face": Case(task="two_modalities"),
    "lowres_face_skd": Case(task="two_modalities"),
    "mobileid": Case({"task_weight": 1.0}),
    "triplet_distillation": Case(
        {"largest_margin": 1.0},
        task="digits_unit_retrieval",
        remark="likely: with 100 labels the triplets are few, and "
        "margins from the teacher differ little from the constant "
        "one",
    ),
}
