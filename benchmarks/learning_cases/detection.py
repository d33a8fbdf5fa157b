"""Learning cases of the section `detection`."""

from learning_cases.case import Case

CASES = {
    "binary_weight_det": Case(task="scenes_in_bits"),
    "det_kd": Case(task="scenes_detection"),
    "fgfi": Case(
        task="scenes_detection",
        remark="likely: the student has boxes for all of its 200 scenes; "
        "the gain is within its spread",
    ),
    "gan_kd_detection": Case({"weight": 0.01}, task="scenes_detection"),
    "lates": Case(task="motions_in_clutter"),
    "lowlight_pedestrian": Case(task="scenes_in_the_dark"),
    "pedestrian_hkd": Case(task="scenes_detection"),
    "pose_regressor_vo": Case(
        {"teacher_tap": "stage2", "student_tap": "stage2", "hint_steps": 300},
        task="motions",
    ),
    "siamese_tracker": Case(
        {"hard_weight": 0.0, "box_weight": 3.0},
        task="targets_in_scenes",
        remark=(
            "likely: 200 pairs for as many steps are learned by heart, "
            "and the second student has seen the same"
        ),
    ),
    "squeezed_6dof": Case(task="turned_digits"),
    "ssad": Case(task="scenes_without_boxes"),
    "umts": Case(
        {"weight": 0.3},
        task="three_shots",
        remark=(
            "likely: a teacher of three images of a class answers alike "
            "for all of them"
        ),
    ),
    "vehicle_maker": Case(
        {"attention_weight": 100.0}, task="background_removed"
    ),
}
