"""Learning cases of the section `video`."""

from learning_cases.case import Case

CASES = {
    "fewer_frames": Case({"answer_weight": 10.0}, task="two_frames"),
    "early_action": Case(task="beginnings"),
    # One round is as many steps as the control has.
    "lead_exceed": Case({"rounds": 1}, task="noisy_labels"),
    "geometry_guided_video": Case(
        {"weight": 0.01},
        task="flow_then_disparity",
        remark=(
            "likely: the network has learned flow before; keeping it "
            "holds back the disparity that it now is to learn"
        ),
    ),
    "uva_net": Case(
        task="small_images",
        remark=(
            "likely: two of its three stages train halves of the network, "
            "and teachers of 1,000 pairs say little that the 200 maps do "
            "not"
        ),
    ),
    "tkd": Case({"maximum": 8}, task="sorted_scenes"),
    "stg_kd": Case(task="captions"),
    "org_trl": Case(task="next_words_of_few"),
}
