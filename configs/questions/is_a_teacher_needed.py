"""Is a teacher needed, or do students teach themselves as well?

Command:  tfkd run --config=configs/questions/is_a_teacher_needed.py \
              --pipeline_root=runs/questions --sweep=config \
              --run_id=is_a_teacher_needed --to_nodes=Evaluator
          ends with the answer; sweeps/is_a_teacher_needed/sweep.html shows it.
Data:     scikit-learn's digits as in quickstart.py; docs/guides/questions.md
          says how to ask it of other images.
Setting:  the quickstart's teacher and student, and both learn from all
          labels: the teacher knows nothing that the student does not. Three
          settings with it, Hinton's soft targets; three without: two peers
          (DML), branches of one network (ONE), and distorted copies of an
          image (DDGSD, by a pixel: images are small).
Cost:     6 points; see docs/guides/questions.md.
Expected: see docs/guides/questions.md.
"""

from tfkd.configs.questions import setting

SETTINGS = (
    ("hinton_kd", {"temperature": 1.0}),
    ("hinton_kd", {"temperature": 4.0}),
    ("hinton_kd", {"temperature": 8.0}),
    ("dml", {"peers": 2}),
    ("one", {"branches": 3}),
    ("ddgsd", {"pixels": 1, "mirror": False}),
)


def get_config(mode=""):
    config = setting.get_config("is_a_teacher_needed", mode)
    config.distillation.num_labels = None
    return config


def sweep():
    """Settings with the teacher and without."""
    return setting.methods(SETTINGS)
