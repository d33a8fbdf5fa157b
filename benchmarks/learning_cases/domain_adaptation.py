"""Learning cases of the section `domain_adaptation`."""

from learning_cases.case import Case

# Forty epochs of 400 scenes, at ten times the method's rate.
TRANSLATOR = {
    "value_range": (0.0, 16.0),
    "translator_epochs": 40,
    "translator_learning_rate": 0.002,
    "filters": (16, 16),
    "critic_filters": (16, 32),
}

CASES = {
    "adaptsegnet": Case(
        {"critic_filters": (16, 32), "weight": 0.01, "low_weight": 0.002},
        task="faint_masks",
    ),
    "crdoco": Case(TRANSLATOR, task="faint_masks"),
    "cycada": Case({**TRANSLATOR, "weight": 0.01}, task="faint_masks"),
    "mtor": Case(
        {"stddev": 0.8, "threshold": 0.2},
        task="faint_boxes",
        remark=(
            "likely: the average model is as unsure as the student of so "
            "few boxes; seeds differ by more than the gain"
        ),
    ),
    "sean": Case({"stddev": 0.8}, task="faint_masks"),
    "tgcf_da": Case(
        {**TRANSLATOR, "semantic_weight": 1.0, "stddev": 0.8},
        task="faint_masks",
    ),
    "asr_ts_da": Case(task="two_modalities"),
    "gdsda": Case(task="source_domains"),
    "self_ensembling_da": Case(
        {"stddev": 0.8, "pixels": 1, "threshold": 0.9}, task="bold_digits"
    ),
    "cat_da": Case(
        {
            "feature_tap": "embedding",
            "margin": 1.0,
            "start_steps": 200,
            "ramp_steps": 400,
            "weight": 0.3,
        },
        task="bold_digits",
    ),
}
