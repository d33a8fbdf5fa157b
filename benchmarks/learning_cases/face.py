"""Learning cases of the section `face`."""

from learning_cases.case import Case

CASES = {
    "face_detector_kd": Case(task="scenes_detection"),
    "karlekar_face": Case(task="two_modalities"),
    "lowres_face_skd": Case(task="two_modalities"),
    "mobileid": Case({"task_weight": 1.0}),
    "ts3_landmark": Case(
        {"round_steps": 250, "filters": (16, 32), "pseudo_weight": 0.1},
        task="few_landmarks",
        remark=(
            "likely: landmarks of 100 digits leave few to be found that a "
            "judge could tell"
        ),
    ),
    "triplet_distillation": Case(
        {"largest_margin": 1.0},
        task="digits_unit_retrieval",
        remark="likely: with 100 labels the triplets are few, and "
        "margins from the teacher differ little from the constant "
        "one",
    ),
}
