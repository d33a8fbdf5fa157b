"""Learning cases of the section `multi_teacher`."""

from learning_cases.case import Case

SOME_CLASSES = {"label_sets": (tuple(range(6)), tuple(range(4, 10)))}

CASES = {
    "pate": Case({"gamma": 1.0, "queries": 347}, task="private_shards"),
    "knowledge_concentration": Case(
        {**SOME_CLASSES, "own_examples": False},
        task="teachers_of_some_classes",
    ),
    "ka_classification": Case(
        {**SOME_CLASSES, "task_weight": 1.0},
        task="teachers_of_some_classes",
    ),
    "filtered_ka": Case(
        {**SOME_CLASSES, "task_weight": 1.0, "block_steps": 500},
        task="teachers_of_some_classes",
    ),
    "hydra": Case({"task_weight": 0.1}, task="two_heads"),
    "lfme": Case(
        task="long_tail",
        remark=(
            "likely: experts of half of the classes know little that the "
            "student's own batches, balanced likewise, do not say"
        ),
    ),
    "hne": Case(
        task="labelled_only",
        remark="likely: branches that share their stem learn alike from 100 "
        "labels; within its spread",
    ),
    "ka_customize": Case(
        {
            "task_weight": 1.0,
            "component": {
                "name": "cnn",
                "scale": 1 / 16,
                "filters": (16, 32),
                "strides": (1, 2),
            },
        },
        task="grouped_teachers",
    ),
    "knowledge_flow": Case({"flow_steps": 500}, task="two_teachers"),
    "mtz": Case(
        {"weight": 3.0},
        task="zipped_tasks",
        remark=(
            "likely: after the merge the network is as good as both before it"
        ),
    ),
    "mt_compressed_video": Case({"temperature": 2.0}, task="many_modalities"),
    "cfl": Case(
        {**SOME_CLASSES, "task_weight": 1.0, "units": 16},
        task="teachers_of_some_classes",
    ),
    "multi_teacher_triplet": Case(task="two_teachers"),
    "takd": Case(
        {
            "assistants": (
                {"name": "cnn", "filters": (16, 32), "strides": (1, 2)},
            )
        }
    ),
    "feed": Case(task="two_teachers"),
    "ruder_ka": Case(
        {"task_weight": 0.1, "temperature": 1.0}, task="two_teachers"
    ),
    "distilled_reid": Case(task="two_teachers"),
    "noisy_teacher": Case({"task_weight": 1.0}),
    "ssl_graph_distill": Case(task="two_teachers"),
    "student_master": Case(task="parts_and_ink"),
    "stochastic_skip": Case(task="residual_teacher"),
    "fukuda_ensemble": Case(task="two_teachers"),
    "uhc": Case(
        {"label_sets": (tuple(range(6)), tuple(range(4, 10)))},
        task="teachers_of_some_classes",
    ),
    "jung_specialists": Case({"task_weight": 0.1}, task="specialist_teachers"),
    "mehak_explanations": Case(task="two_teachers"),
    "multilingual_nmt_kd": Case(
        task="next_words_of_packages",
        remark=(
            "likely: a quarter of the words is all that models of this "
            "size find here"
        ),
    ),
    "mtdnn_kd": Case(task="sentences_two_tasks"),
    "mkd_bilstm": Case({"task_weight": 1.0}, task="sentences_recurrent"),
    "tmkd": Case({"pretrain_steps": 300}, task="sentences_two_teachers"),
}
