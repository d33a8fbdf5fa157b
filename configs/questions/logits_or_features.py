"""Is knowledge from logits or from features better?

Command:  tfkd run --config=configs/questions/logits_or_features.py \
              --pipeline_root=runs/questions --sweep=config \
              --run_id=logits_or_features --to_nodes=Evaluator
          ends with the answer; sweeps/logits_or_features/sweep.html shows it.
Data:     scikit-learn's digits as in quickstart.py; docs/guides/questions.md
          says how to ask it of other images.
Setting:  the quickstart's teacher, student and 100 labels. Both families get
          three settings, of which the eval split chooses: Hinton's soft
          targets at three temperatures; attention maps and similarities,
          without soft targets, at weights that suit small images. The folder
          of a method below tfkd/methods/ is its family.
Cost:     6 points; see docs/guides/questions.md.
Expected: see docs/guides/questions.md.
"""

from tfkd.configs.questions import setting

SETTINGS = (
    ("hinton_kd", {"temperature": 1.0}),
    ("hinton_kd", {"temperature": 4.0}),
    ("hinton_kd", {"temperature": 8.0}),
    ("at", {"weight": 50.0}),
    ("at", {"weight": 500.0}),
    ("sp", {"weight": 3000.0}),
)


def get_config(mode=""):
    return setting.get_config("logits_or_features", mode)


def sweep():
    """Settings of methods of both families."""
    return setting.methods(SETTINGS)
