"""Learning cases of the section `features`."""

from learning_cases.case import Case

CASES = {
    "fitnet": Case({"hint_steps": 250}),
    "at": Case({"weight": 50.0}),
    "fsp": Case({"flow_steps": 250, "distance": "columns"}, task="same_widths"),
    "nst": Case(),
    "ab": Case({"boundary_steps": 250, "soft_weight": 1.0}),
    "ft": Case({"paraphraser_steps": 250}),
    "heo_overhaul": Case(),
    "vid": Case(),
    "sp": Case(),
    "pkt": Case(),
    "skd_stagewise": Case(task="same_widths"),
    "jacobian": Case(),
    "svd_kd": Case({"basis": "teacher"}),
    "rco": Case({"interval_steps": 204}, task="teacher_route"),
    "kp": Case({"interval_steps": 50}),
    "asl": Case(),
}
