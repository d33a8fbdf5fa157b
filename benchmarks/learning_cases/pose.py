"""Learning cases of the section `pose`."""

from learning_cases.case import Case

CASES = {
    "nrsfm_pose": Case(
        {"weight": 0.1},
        task="landmarks_in_space",
        remark="likely: digits are flat and of many shapes, which a turned "
        "dictionary of landmarks explains in several ways",
    ),
    "dkd_pose": Case(
        {"critic_filters": (8, 16)},
        task="films_of_digits",
        remark=(
            "likely: its game begins with kernels that know nothing, and "
            "200 films show what is to be found"
        ),
    ),
    "fast_pose": Case({"student_taps": ("logits",)}, task="digit_keypoints"),
    "integral_pose": Case(
        {"critic_filters": (8, 16), "feature_weight": 0.01},
        task="digit_keypoints",
    ),
    "movnect": Case(
        task="digits_in_space",
        remark=(
            "likely: the teacher's locations are those of the labels "
            "within the score's spread"
        ),
    ),
    "depth_pose": Case(
        {"feature_weight": 0.0, "inner_task_weight": 0.1, "map_weight": 0.3},
        task="digit_parts",
        remark=(
            "likely: two stages of 8 channels have no room for the inner "
            "stage to be right as well; seeds differ by more"
        ),
    ),
}
