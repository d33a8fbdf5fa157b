"""Learning cases of the section `semi_self_supervised`."""

from learning_cases.case import Case

CASES = {
    "cluster_pseudo": Case(
        {"clusters": 50},
        task="linear_probe",
        remark="likely: its point is a pretext network that is far larger or "
        "of another kind; here the student learns the same pretext as well "
        "by itself, and the gain is within its spread",
    ),
    "mean_teacher": Case(
        {"weight": 10.0, "ramp_steps": 250, "decay": 0.9, "stddev": 1.0},
        task="no_teacher",
        remark="likely: a student that small has little noise to average "
        "out; the gain is within its spread",
    ),
    "temporal_ensembling": Case(
        {
            "size": 1047,
            "weight": 30.0,
            "ramp_steps": 500,
            "stddev": 1.0,
            "pixels": 0,
        },
        task="no_teacher",
    ),
    "dual_student": Case(
        {
            "weight": 10.0,
            "consistency_weight": 10.0,
            "ramp_steps": 250,
            "stddev": 1.0,
            "pixels": 0,
        },
        task="no_teacher",
    ),
    "sntg": Case(
        {"weight": 10.0, "ramp_steps": 250, "stddev": 1.0, "pixels": 0},
        task="no_teacher",
    ),
    "data_distillation": Case(
        {"scales": (0.9, 1.0, 1.1), "mirror": False}, task="born_again"
    ),
    "pairwise_hashing": Case(
        {"weight": 10.0, "ramp_steps": 250, "stddev": 1.0},
        task="digits_hashing",
    ),
    "ts_dssl": Case(task="wrong_labels"),
    "gdssl": Case(task="two_modalities"),
    "noisy_student": Case({"generations": 2}, task="born_again"),
    "pi_model": Case(
        {"weight": 10.0, "ramp_steps": 250, "stddev": 1.0, "pixels": 0},
        task="no_teacher",
    ),
}
