"""Learning cases of the section `pose`."""

from learning_cases.case import Case

CASES = {
    "nrsfm_pose": Case(
        {"weight": 0.1},
        task="landmarks_in_space",
        remark="likely: digits are flat and of many shapes, which a turned "
        "dictionary of landmarks explains in several ways",
    ),
    "dkd_pose": Case({"critic_filters": (8, 16)}, task="films_of_digits"),
    "fast_pose": Case(task="digit_keypoints"),
    "integral_pose": Case(
        {"critic_filters": (8, 16), "feature_weight": 0.01},
        task="digit_keypoints",
    ),
    "movnect": Case(task="digits_in_space"),
    "depth_pose": Case({"feature_weight": 0.01}, task="digit_parts"),
}
