"""Learning cases of the section `domain_adaptation`."""

from learning_cases.case import Case

CASES = {
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
