"""Learning cases of the section `incremental`."""

from learning_cases.case import Case

CASES = {
    "ilt_seg": Case(
        {"weight": 0.3},
        task="growing_segmentation",
        remark=(
            "likely: old digits lie in the new scenes' background, where the "
            "labels contradict the old segmenter"
        ),
    ),
    "iod_chen": Case(task="growing_detection"),
    "iod_hao": Case(task="growing_detection"),
    "lifelong_gan": Case(
        {"critic_filters": (8, 16)},
        task="sharp_then_positive",
        remark=(
            "likely: montages of the new task's images are unlike those "
            "of the old one, which the student forgets as the control "
            "does"
        ),
    ),
    "pg_interella": Case(task="controllers"),
    "iod_shmelkov": Case(
        {"candidates": 32, "regions": 16}, task="growing_detection"
    ),
    "eeil": Case({"noise": 0.0}, task="five_and_five"),
    "lucir": Case(task="five_and_five_by_angles"),
    "m2kd": Case(
        {"weight": 0.25, "feature_weight": 0.001},
        task="three_steps",
        remark="likely: 5 exemplars a class leave little forgetting to repair, "
        "and targets within a group hold the student back without saying "
        "anything of old classes against new ones",
    ),
    "bic": Case(
        task="class_incremental",
        remark="likely: with 20 exemplars of about 105 images a class there "
        "is little forgetting to repair, and the second stage takes 2 of "
        "each class away from training",
    ),
}
