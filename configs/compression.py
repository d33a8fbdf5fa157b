"""The quickstart's digits, and every way to make its student smaller.

Command:  python -m tfkd.pipelines.run --config=configs/compression.py \
              --pipeline_root=runs/compression
          --config=configs/compression.py:quick shrinks it to a smoke test,
          whose accuracies mean nothing. Into the quickstart's own
          --pipeline_root, it reuses the quickstart's teacher and students.
          Other recipes:
              --config.compression.recipes="('int8_ptq', 'int4_qat')"
Data:     as in quickstart.py.
Setting:  as in quickstart.py; then float32, float16, int8 quantization after
          training, quantization-aware training and pruning with
          quantization-aware training, side by side in the report, with
          quantization-aware training without the teacher as a control.
          Recipes that train see what the student saw: 100 labels, and the
          teacher's answers on all training images.
Cost:     not measured yet.
Expected: not measured in this setting.
"""

from tfkd.configs import quickstart


def get_config(mode=""):
    config = quickstart.get_config(mode)
    config.title = "Digits: 100 labels, a teacher, and five ways to be small"
    config.compression.recipes = (
        "float16",
        "int8_ptq",
        "int8_qat",
        "int8_pruned_qat",
    )
    if mode == "quick":
        config.compression.training.epochs = 1
    return config
