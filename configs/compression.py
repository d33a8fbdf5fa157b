"""The quickstart's digits, and every way to make its student smaller.

Command:  python -m tfkd.pipelines.run --config=configs/compression.py \
              --pipeline_root=runs/compression
          --config=configs/compression.py:quick shrinks it to a smoke test,
          whose accuracies mean nothing. Into the quickstart's own
          --pipeline_root, it reuses the quickstart's teacher and students.
          Other recipes:
              --config.compression.recipes="('int8_ptq', 'int4_qat')"
Data:     as in quickstart.py.
Setting:  as in quickstart.py, but all recipes stand side by side in the
          report: quantization to 16, 8 and 4 bits, pruning, 2-by-4 sparsity,
          clustering and their chains. Recipes that train see what the student
          saw: 100 labels, and the teacher's answers on all training images;
          their controls, named `alone`, see the labels alone.
Cost:     94 s for the component Compression on 2 cores that were shared
          (the quickstart's five files: 25 s); the rest as in quickstart.py.
Expected: test accuracy on 500 images of the chosen seed, 98.0 % in float32:
          int8 98.0 % after training as after training on; 16 values a kernel
          98.0 %; half of the weights zero 97.4 %, two in four 97.0 %; 4 bits
          97.2 % after training and 97.8 % trained (96.8 % without the
          teacher). One test of 500 images has a standard error of about 0.6
          points; `docs/results/compression.md` has three seeds and 10,000
          images.
"""

from tfkd.configs import quickstart


def get_config(mode=""):
    config = quickstart.get_config(mode)
    config.title = "Digits: 100 labels, a teacher, and every way to be small"
    config.compression.recipes = (
        "float16",
        "int8_ptq",
        "int8_qat",
        "int8_pruned",
        "int8_pruned_qat",
        "int8_2by4",
        "int8_2by4_qat",
        "int8_clustered",
        "int8_clustered_qat",
        "int8_pruned_clustered_qat",
        "int4_ptq",
        "int4_qat",
    )
    if mode == "quick":
        config.compression.training.epochs = 1
    return config
