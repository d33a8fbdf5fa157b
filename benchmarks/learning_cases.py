"""How each method is trained for the learning table.

The arguments are those that a paper leaves to its user, chosen on the eval
split of the digits; everything else is the method's default.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        arguments: Arguments of the method's `build`.
        task: Name of the protocol in `learning_tasks.py`.
        remark: Why a method does not gain here, where it does not.
    """

    arguments: dict = dataclasses.field(default_factory=dict)
    task: str = "digits"
    remark: str = ""


NOISE_SUFFICES = (
    "likely: the control's 128,000 images of uniform noise, new at every "
    "step, already cover what a teacher of 8x8 digits distinguishes; made "
    "images are fewer (deepinversion, zskd: a fixed set) or less varied "
    "(dafl: those that the teacher is sure about)"
)

# 60 epochs of 17 steps: 1,020 steps in all. Weights are scaled down where the
# paper's fits sums over ImageNet's maps or a far larger network.
CASES = {
    # Logits.
    "hinton_kd": Case(),
    "logit_regression": Case({"task_weight": 1.0}),
    "eskd": Case({"stop_step": 800}),
    "takd": Case({"assistants": ({"name": "cnn", "filters": (16, 32)},)}),
    "soft_randomization": Case({"stddev": 0.05}),
    # Features.
    "fitnet": Case({"hint_steps": 250}),
    "at": Case({"weight": 50.0}),
    "fsp": Case({"flow_steps": 250, "distance": "columns"}),
    "nst": Case(),
    "ab": Case({"boundary_steps": 250, "soft_weight": 1.0}),
    "ft": Case({"paraphraser_steps": 250}),
    "heo_overhaul": Case(),
    "vid": Case(),
    # Relations.
    "sp": Case(),
    "rkd": Case({"anchors": 32}),
    "pkt": Case(),
    "crd": Case({"size": 1047, "negatives": 512, "units": 32}),
    "irg": Case(),
    "gkd": Case(),
    # Several teachers.
    "feed": Case(task="two_teachers"),
    "ruder_ka": Case({"task_weight": 0.1}, task="two_teachers"),
    "distilled_reid": Case(task="two_teachers"),
    # Peers, exits, earlier selves.
    "dml": Case(task="no_teacher"),
    "one": Case(task="no_teacher"),
    "codistillation": Case(
        {"exchange_steps": 20, "burn_in_steps": 200}, task="no_teacher"
    ),
    "multi_exit_distill": Case(task="no_teacher"),
    "byot": Case(task="no_teacher"),
    "snapshot_distillation": Case({"cycle_steps": 255}, task="no_teacher"),
    "mean_teacher": Case(
        {"weight": 10.0, "ramp_steps": 250, "decay": 0.99}, task="no_teacher"
    ),
    "ban": Case({"generations": 2}, task="born_again"),
    "tolerant_teacher": Case({"generations": 2}, task="no_teacher"),
    # Critics.
    "anc": Case({"task_weight": 1.0}),
    "kdgan": Case(),
    # Other tasks; see `learning_special.py`.
    "skd_seg": Case(
        {"critic_filters": (8, 16), "whole_weight": 0.001},
        task="scenes_segmentation",
        remark="likely: half of the canvases carry masks already, and 800 "
        "steps are short for the critic",
    ),
    "fgfi": Case(task="scenes_detection"),
    "bic": Case(
        task="class_incremental",
        remark="likely: with 20 exemplars of about 105 images a class there "
        "is little forgetting to repair, and the second stage takes 2 of "
        "each class away from training",
    ),
    "supervision_transfer": Case(
        {
            "teacher_tap": "embedding",
            "student_tap": "embedding",
            "reduce": "mean",
            "task_weight": 1.0,
        },
        task="two_modalities",
    ),
    # No image at all.
    "dafl": Case(
        {"noise_size": 32, "filters": (32, 16)},
        task="no_images",
        remark=NOISE_SUFFICES,
    ),
    "deepinversion": Case(
        {"flip": False, "examples": 512, "steps": 500},
        task="no_images",
        remark=NOISE_SUFFICES,
    ),
    "zskd": Case(
        {"examples": 640, "steps": 500},
        task="no_images",
        remark=NOISE_SUFFICES,
    ),
}
