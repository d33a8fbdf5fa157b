"""Learning cases of the section `outlook`."""

from learning_cases.case import Case

CASES = {
    "outlook_hypersphere": Case(),
    "outlook_attention_gate": Case(
        task="two_teachers",
        remark="likely: two teachers of one architecture leave a gate "
        "little to choose; the gain is within its spread",
    ),
    "outlook_360_vision": Case(task="sphere_camera"),
    "outlook_event_vision": Case(task="event_camera"),
    "outlook_nonstructural_graph": Case(),
    "outlook_nas_rl": Case(
        {"iterations": 4, "trial_epochs": 4, "held_out": 0.3},
        task="reduced",
    ),
    "outlook_region_gate": Case(task="two_teachers"),
    "tgsa": Case({"trial_epochs": 4, "held_out": 0.3}, task="candidates"),
}
