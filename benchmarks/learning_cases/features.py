"""Learning cases of the section `features`."""

from learning_cases.case import Case

CASES = {
    "fitnet": Case({"hint_steps": 250}),
    "at": Case({"weight": 50.0}),
    "fsp": Case(
        {"flow_steps": 250, "distance": "columns"},
        task="same_widths",
        remark="likely: a flow of 4 by 8 channels says little, and its "
        "stage takes 250 of the 1,020 steps from the task",
    ),
    "nst": Case(),
    "ab": Case({"boundary_steps": 250, "soft_weight": 1.0}),
    "ft": Case({"paraphraser_steps": 250}),
    "heo_overhaul": Case(),
    "vid": Case(
        remark="likely: 4 and 8 channels cannot follow 32 and 64, and "
        "the classifier still learns from 100 labels alone",
    ),
    "sp": Case(),
    "pkt": Case(),
    "skd_stagewise": Case(
        task="same_widths",
        remark="likely: stage by stage the student may follow its "
        "teacher of the same widths no better than at once; "
        "within its spread",
    ),
    "jacobian": Case(),
    "svd_kd": Case(
        {"basis": "teacher"},
        remark="likely: singular vectors of 4 and 8 channels are too few "
        "to follow, and clipping keeps their gradient below that "
        "of 100 labels",
    ),
    "rco": Case({"interval_steps": 204}, task="teacher_route"),
    "kp": Case(
        {"interval_steps": 50},
        remark="likely: the projected maps ask for what 4 and 8 channels "
        "cannot hold; within twice its spread",
    ),
    "asl": Case(
        remark="likely: with two stages there is little to select; the "
        "gain is within its spread",
    ),
    "minilm": Case(
        task="sentences_fine_tuned",
        remark="likely: relations of one layer, of a teacher of masked words "
        "that saw 3,000 sentences, say little about packages, and 150 labels "
        "do not undo it",
    ),
    "ir": Case({"layer_steps": 100}, task="sentences"),
    "pkd": Case(task="sentences"),
}
