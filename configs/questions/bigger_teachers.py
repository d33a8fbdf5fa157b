"""Are bigger teachers better? A ladder of teachers and of checkpoints.

Command:  tfkd run --config=configs/questions/bigger_teachers.py \
              --pipeline_root=runs/questions --sweep=config \
              --run_id=bigger_teachers --to_nodes=Evaluator
          ends with the answer; sweeps/bigger_teachers/sweep.html shows it.
Data:     scikit-learn's digits as in quickstart.py; docs/guides/questions.md
          says how to ask it of other images.
Setting:  the quickstart's student and 100 labels. Teachers of 4 widths, then
          the widest after fewer epochs: its learning rate is constant, so
          that n epochs are the checkpoint of a longer training after n. The
          last point is the widest at the end, with which the one that the
          eval split chooses is compared.
Cost:     7 points; see docs/guides/questions.md.
Expected: see docs/guides/questions.md.
"""

from tfkd.configs.questions import setting

EPOCHS = 25
WIDTHS = ((4, 4, 8), (8, 8, 16), (16, 16, 32))
WIDEST = (64, 64, 128)
CHECKPOINTS = (1, 3, 8, EPOCHS)


def get_config(mode=""):
    config = setting.get_config("bigger_teachers", mode)
    config.teacher.model.arguments.filters = WIDEST
    config.teacher.train.schedule = "constant"
    return config


def sweep():
    """Teachers from small to large, then checkpoints of the largest."""
    steps = [(width, EPOCHS) for width in WIDTHS]
    steps += [(WIDEST, epochs) for epochs in CHECKPOINTS]
    return [
        {
            "teacher.model.arguments.filters": width,
            "teacher.train.epochs": epochs,
        }
        for width, epochs in steps
    ]
