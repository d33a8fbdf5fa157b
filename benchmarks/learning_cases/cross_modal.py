"""Learning cases of the section `cross_modal`."""

from learning_cases.case import Case

PAIRS = {"task_weight": 1.0}
INK_TELLS = (
    "likely: which pixels belong to which means is told by their ink, without "
    "the digit"
)

CASES = {
    "cmkg": Case(
        task="without_superior",
        remark="likely: a strength for each weight, of one tried step, is "
        "small beside the loss of 100 labels; within its spread",
    ),
    "soundnet": Case(task="heads_of_teachers"),
    "map_anything": Case(task="heads_of_teachers"),
    "emotion_speech": Case(PAIRS, task="clips_of_pixels"),
    "av_acoustic_images": Case(
        {"frames": True, "temperature": 2.0}, task="clips_of_pixels"
    ),
    "ambient_sound": Case(
        {**PAIRS, "teacher_tap": "view", "weight": 0.3},
        task="statistics_of_pixels",
        remark=(
            "likely: sums of rows and columns name clusters that 100 "
            "labels tell apart already"
        ),
    ),
    "asr_lipreading": Case(task="coarse_strips"),
    "hoffman_rgbd": Case(task="fused_sensors"),
    "thoker_action": Case(task="two_modalities"),
    "rf_pose": Case(
        {"reduce": "mean"},
        task="blurred_segmentation",
        remark=(
            "likely: a softmax teacher's logits are no confidences of "
            "their own, class by class, and the control has masks"
        ),
    ),
    "cti_vqa": Case(
        {"imitation": 0.3, "temperature": 3.0}, task="two_modalities"
    ),
    "stereo_sound_vehicle": Case(
        {
            "teacher_tap": "fpn",
            "student_tap": "fpn",
            "ranking_weight": 0.01,
        },
        task="blurred_detection",
        remark=(
            "likely: it learns from boxes that the teacher is sure of, "
            "and what it is not sure of, digits that overlap, counts as "
            "background; the control has boxes"
        ),
    ),
    "l3net": Case(
        {**PAIRS, "weight": 0.3},
        task="partner_of_pixels",
        remark=INK_TELLS,
    ),
    "svhf": Case(
        {**PAIRS, "weight": 0.3},
        task="partner_of_pixels",
        remark=INK_TELLS,
    ),
    "cmd_cgan": Case(
        {
            "student_tap": "logits",
            "teacher_tap": "logits",
            "weight": 0.01,
        },
        task="two_modalities",
        remark=(
            "likely: a critic of ten logits tells the student less than a "
            "label, and a larger weight ends in chaos"
        ),
    ),
    "see_hear_read": Case(task="taught_partner"),
    "faces_voices": Case(
        {**PAIRS, "weight": 0.3},
        task="partner_of_pixels",
        remark=INK_TELLS,
    ),
    "pins": Case(
        {**PAIRS, "curriculum_steps": 500, "weight": 0.1},
        task="partner_of_pixels",
        remark=INK_TELLS,
    ),
    "hafner_reid": Case(task="cross_modal_retrieval"),
    "cqd": Case(task="two_modalities"),
    "supervision_transfer": Case(
        {
            "teacher_tap": "embedding",
            "student_tap": "embedding",
            "reduce": "mean",
            "task_weight": 1.0,
        },
        task="two_modalities",
    ),
}
