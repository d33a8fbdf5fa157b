"""Are networks that are born again better, generation after generation?

Command:  tfkd run --config=configs/questions/born_again.py \
              --pipeline_root=runs/questions --sweep=config \
              --run_id=born_again --to_nodes=Evaluator
          ends with the answer; sweeps/born_again/sweep.html shows it.
Data:     scikit-learn's digits as in quickstart.py; docs/guides/questions.md
          says how to ask it of other images.
Setting:  the teacher is the quickstart's student, trained as long on all
          labels, which every generation sees too. One, two and three
          generations learn from it, each from the one before (BAN): by soft
          targets alone, and by soft targets and labels. The eval split
          chooses among the first generations, and among the later ones.
Cost:     6 points, of 1 to 3 trainings a seed; see docs/guides/questions.md.
Expected: see docs/guides/questions.md.
"""

from tfkd.configs.questions import setting

GENERATIONS = (1, 2, 3)
# Soft targets alone, and with labels: BAN and BAN+L in the paper.
TASK_WEIGHTS = (0.0, 1.0)


def get_config(mode=""):
    config = setting.get_config("born_again", mode)
    config.distillation.num_labels = None
    config.teacher.model = config.student.copy_and_resolve_references()
    config.teacher.train.epochs = config.distillation.train.epochs
    config.distillation.method = "ban"
    config.distillation.arguments = {}
    return config


def sweep():
    """Generations, with and without labels."""
    return setting.methods(
        ("ban", {"generations": generations, "task_weight": task_weight})
        for task_weight in TASK_WEIGHTS
        for generations in GENERATIONS
    )
