"""Is one teacher enough, or are several better?

Command:  tfkd run --config=configs/questions/one_or_many_teachers.py \
              --pipeline_root=runs/questions --sweep=config \
              --run_id=one_or_many_teachers --to_nodes=Evaluator
          ends with the answer; sweeps/one_or_many_teachers/sweep.html shows
          it.
Data:     scikit-learn's digits as in quickstart.py; docs/guides/questions.md
          says how to ask it of other images.
Setting:  the quickstart's teacher, student and 100 labels. Three settings of
          one teacher: its soft targets at two temperatures, and its logits.
          Three of several that a run makes out of one: a teaching assistant
          between teacher and student, two assistants (TAKD), and answers
          disturbed anew for every batch (noisy teacher).
          Several teachers of different weights need Python: `tfkd methods`.
Cost:     6 points; see docs/guides/questions.md.
Expected: see docs/guides/questions.md.
"""

from tfkd.configs.questions import setting

STRIDES = (1, 2)
LARGE = {"name": "cnn", "filters": (16, 32), "strides": STRIDES}
SMALL = {"name": "cnn", "filters": (8, 16), "strides": STRIDES}
SETTINGS = (
    ("hinton_kd", {"temperature": 4.0}),
    ("hinton_kd", {"temperature": 8.0}),
    ("logit_regression", {}),
    ("takd", {"assistants": (LARGE,)}),
    ("takd", {"assistants": (LARGE, SMALL)}),
    ("noisy_teacher", {}),
)


def get_config(mode=""):
    config = setting.get_config("one_or_many_teachers", mode)
    config.distillation.arguments = {}
    return config


def sweep():
    """Settings of one teacher, and of several."""
    return setting.methods(SETTINGS)
