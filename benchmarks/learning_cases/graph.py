"""Learning cases of the section `graph`."""

from learning_cases.case import Case

CASES = {
    "mhgd": Case(
        {"estimator_steps": 250},
        remark="likely: a graph over a batch of few labelled examples "
        "says little to the classifier; the gain is within its "
        "spread",
    ),
    "irg": Case(),
    "gkd": Case(),
    "gfl": Case(task="few_shot_graphs"),
    "bilingual_words": Case(task="quarter_turns"),
    "hgkt": Case(task="unseen_pairs"),
    "graph_distillation": Case(task="many_modalities"),
    "grl": Case(
        {"weight": 0.03},
        task="graph_pixels",
        remark="likely: density and the like tell little of a digit, and "
        "three layers of message passing read little of them",
    ),
    "ktg": Case(
        {
            "peers": 3,
            "steps": 1020,
            "graph": (
                ("label", 0, "through"),
                ("label", 1, "through"),
                ("label", 2, "through"),
                (0, 1, "through"),
                (1, 2, "through"),
                (2, 1, "linear"),
                (1, 0, "linear"),
                (2, 0, "linear"),
            ),
        },
        task="no_teacher",
    ),
    "lsp_gcn": Case({"width": 20.0, "weight": 30.0}, task="graph_nodes"),
}
