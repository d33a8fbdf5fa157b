"""Learning cases of the section `segmentation`."""

from learning_cases.case import Case

CASES = {
    "skd_seg": Case(
        {"critic_filters": (8, 16), "whole_weight": 0.001},
        task="scenes_segmentation",
        remark="likely: half of the canvases carry masks already, and 800 "
        "steps are short for the critic",
    ),
}
