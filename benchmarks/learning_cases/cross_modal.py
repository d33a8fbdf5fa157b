"""Learning cases of the section `cross_modal`."""

from learning_cases.case import Case

PAIRS = {"task_weight": 1.0}

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
        {**PAIRS, "teacher_tap": "view"}, task="statistics_of_pixels"
    ),
    "asr_lipreading": Case(task="coarse_strips"),
    "hoffman_rgbd": Case(task="fused_sensors"),
    "thoker_action": Case(task="two_modalities"),
    "rf_pose": Case({"reduce": "mean"}, task="blurred_segmentation"),
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
    ),
    "l3net": Case(PAIRS, task="partner_of_pixels"),
    "svhf": Case(PAIRS, task="partner_of_pixels"),
    "cmd_cgan": Case(
        {
            "student_tap": "logits",
            "teacher_tap": "logits",
            "weight": 0.01,
        },
        task="two_modalities",
    ),
    "see_hear_read": Case(task="taught_partner"),
    "faces_voices": Case(PAIRS, task="partner_of_pixels"),
    "pins": Case({**PAIRS, "curriculum_steps": 500}, task="partner_of_pixels"),
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
