"""Learning cases of the section `adversarial`."""

from learning_cases.case import Case

CASES = {
    "aid_event": Case(
        {"weight": 0.1},
        task="cut_sentences",
        remark=(
            "likely: what the teacher knows of a sentence lies in words "
            "that the student does not see"
        ),
    ),
    "anc": Case({"task_weight": 1.0}),
    "alpsn": Case(
        {"weight": 0.01},
        remark="likely: its game is all that images without a label are for, "
        "and is unsteady on so small a student; within its spread",
    ),
    "ard": Case(task="attacked_digits"),
    "bss": Case({"value_range": (0.0, 16.0), "total_steps": 1020}),
    "afd_audio": Case(),
    "cgan_kd": Case({"weight": 0.1, "logit_weight": 0.1}),
    "ktan": Case(),
    "ksanc": Case(
        {"adversarial_weight": 0.1, "weight": 0.1, "task_weight": 1.0}
    ),
    "meal": Case({"adversarial_weight": 0.1}, task="two_teachers"),
    "meal_v1_noisy": Case({"adversarial_weight": 0.1}, task="noisy_labels"),
    "textkd_gan": Case(task="made_sentences"),
    "tsc_gan": Case(
        {
            "value_range": (0.0, 16.0),
            "noise_size": 32,
            "filters": (32, 16),
            "made_share": 0.5,
        }
    ),
    "kdgan": Case(
        remark="likely: both players learn from the same 100 labels; the "
        "gain is within its spread",
    ),
}
