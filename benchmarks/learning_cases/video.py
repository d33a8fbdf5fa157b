"""Learning cases of the section `video`."""

from learning_cases.case import Case

CASES = {
    "fewer_frames": Case({"answer_weight": 10.0}, task="two_frames"),
    "early_action": Case(task="beginnings"),
    # One round is as many steps as the control has.
    "lead_exceed": Case({"rounds": 1}, task="noisy_labels"),
    "geometry_guided_video": Case(task="flow_then_disparity"),
    "uva_net": Case(task="small_images"),
    "tkd": Case({"maximum": 8}, task="sorted_scenes"),
    "stg_kd": Case(task="captions"),
    "org_trl": Case(task="next_words_of_few"),
}
