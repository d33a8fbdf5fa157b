"""Learning cases of the section `depth_flow`."""

from learning_cases.case import Case

RANGE = (0.0, 16.0)

CASES = {
    "ddflow": Case(
        {"crop": 4, "value_range": RANGE, "census": 0},
        task="unknown_flow",
        remark=(
            "likely: the control wants flows to be smooth, too, and a crop "
            "hides little of digits that move by 2 pixels"
        ),
    ),
    "monoresmatch": Case({"farthest": 4, "value_range": RANGE}, task="one_eye"),
    "omeganet": Case(
        {"moving_classes": (1,), "value_range": RANGE}, task="moving_scene"
    ),
    "refine_distill": Case({"value_range": RANGE}, task="one_eye"),
    "rgbd_data_ensemble": Case({"scales": (1.0, 1.5)}, task="one_eye"),
    "sceneflow_distill": Case(task="scene_flow"),
    "stereo_mono": Case(task="one_eye"),
}
