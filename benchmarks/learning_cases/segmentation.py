"""Learning cases of the section `segmentation`."""

from learning_cases.case import Case

CASES = {
    "ummkd": Case(
        {"weight": 0.1},
        task="unpaired_masks",
        remark=(
            "likely: both sensors have masks of their own, and the "
            "network shares its kernels without the method, too"
        ),
    ),
    "pfs_seg": Case(
        {"gap_weight": 1.0},
        task="scenes_segmentation",
        remark="likely: gaps are known on the labelled half alone, where the "
        "teacher says little that masks do not",
    ),
    "road": Case({"critic_filters": (8, 16)}, task="faint_masks_known_style"),
    "ka_seg": Case(
        {"paraphraser_steps": 200, "weight": 1.0, "affinity_weight": 0.1},
        task="scenes_segmentation",
        remark=(
            "likely: 200 of its 800 steps train the autoencoder, the "
            "others hold half of the control's masks, and features of "
            "positions do not say which class"
        ),
    ),
    "fast_seg_ts": Case(task="scenes_segmentation"),
    "skd_seg": Case(
        {"critic_filters": (8, 16), "whole_weight": 0.001},
        task="scenes_segmentation",
        remark="likely: half of the canvases carry masks already, and 800 "
        "steps are short for the critic",
    ),
}
