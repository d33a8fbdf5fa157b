"""Learning cases of the section `logits`."""

from learning_cases.case import Case

CASES = {
    "apprentice": Case(task="ternary_student"),
    "group_sparsity_kd": Case({"sparsity_weight": 0.01}, task="shrunk_student"),
    "unet_kd": Case(task="scenes_segmentation"),
    "variational_student": Case(task="variational_student"),
    "abs_teacher": Case({"margin": 0.5}, task="digits_retrieval"),
    "cckd": Case(),
    "rkt_zsl": Case(task="unseen_pairs"),
    "rel_teacher": Case({"margin": 0.5}, task="digits_retrieval"),
    "hinton_kd": Case(),
    "logit_regression": Case({"task_weight": 1.0}),
    "eskd": Case({"stop_step": 800}),
    "knowledge_adjustment": Case(),
    "dynamic_temperature": Case(),
    "fickle_teacher": Case(
        {"rate": 0.4, "dropped_layers": ("embedding",)},
    ),
    "end2": Case(
        {
            "hold_steps": 340,
            "anneal_steps": 340,
            "weight": 0.1,
            "task_weight": 0.1,
        },
        task="two_teachers",
    ),
    "generalized_distillation": Case(task="two_modalities"),
    "model_compression": Case({"copies": 9}, task="few_images"),
    "knowledge_representing": Case(),
    "noisy_label_distill": Case(task="noisy_labels"),
    "residual_label": Case(
        task="labelled_only",
        remark="likely: on 100 images the network makes too few mistakes "
        "to learn class relations from; within its spread",
    ),
    "soft_randomization": Case({"stddev": 0.05}),
    "rkd": Case({"anchors": 32}),
    "crd": Case({"size": 1047, "negatives": 512, "units": 32}),
    "multi_exit_distill": Case(
        task="labelled_only",
        remark="likely: a student of two stages has a single earlier "
        "exit, and all exits learn from the same 100 labels",
    ),
    "arora_response": Case(task="responses"),
}
