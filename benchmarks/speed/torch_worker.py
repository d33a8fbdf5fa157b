"""The PyTorch side of `peers`: answers requests, one JSON a line.

Runs in an environment of its own, without TensorFlow, Keras or tfkd.
"""

import json
import sys
import time

import torch
from torch import nn
from torchdistill.losses.mid_level import KDLoss

LEARNING_RATE, MOMENTUM = 0.01, 0.9


class Cnn(nn.Module):
    """The small CNN of tfkd's zoo, with its stages as modules."""

    def __init__(self, shape, filters, classes):
        super().__init__()
        height, width, channels = shape
        self.stages = nn.ModuleList()
        for number, count in enumerate(filters):
            stride = 1 if number == 0 else 2
            self.stages.append(
                nn.Sequential(_conv(channels, count, stride), nn.ReLU())
            )
            channels = count
        scale = 2 ** (len(filters) - 1)
        self.logits = nn.Linear(
            channels * (height // scale) * (width // scale), classes
        )

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.logits(x.flatten(1))


class Resnet(nn.Module):
    """The residual network of tfkd's zoo, with its stages as modules."""

    def __init__(self, shape, filters, classes, blocks_per_stage=1):
        super().__init__()
        self.stem = nn.Sequential(_conv(shape[2], filters[0]), nn.ReLU())
        self.stages, channels = nn.ModuleList(), filters[0]
        for number, count in enumerate(filters):
            blocks = []
            for block in range(blocks_per_stage):
                stride = 2 if number and not block else 1
                blocks.append(Block(channels, count, stride))
                channels = count
            self.stages.append(nn.Sequential(*blocks))
        self.logits = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.logits(x.mean((2, 3)))


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels, count, stride):
        super().__init__()
        self.first = nn.Sequential(_conv(channels, count, stride), nn.ReLU())
        self.second = _conv(count, count)
        self.shortcut = nn.Identity()
        if stride != 1 or channels != count:
            self.shortcut = _conv(channels, count, stride, size=1)

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


def _conv(channels, count, stride=1, size=3):
    convolution = nn.Conv2d(
        channels, count, size, stride, padding=size // 2, bias=False
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(count))


MODELS = {"cnn": Cnn, "resnet": Resnet}


class Trainer:
    """A student, and perhaps a teacher with torchdistill's loss.

    Args:
        request: Names and arguments of the models, the batch, temperature,
            weight of the task, and `taps`: numbers of stages that are matched.
    """

    def __init__(self, request):
        torch.manual_seed(0)
        self.images = torch.tensor(request["images"]).permute(0, 3, 1, 2)
        self.images = self.images.contiguous()
        self.labels = torch.tensor(request["labels"])
        self.student = _model(request["student"], request).train()
        self.optimizer = torch.optim.SGD(
            self.student.parameters(), LEARNING_RATE, MOMENTUM
        )
        self.task = nn.CrossEntropyLoss()
        self.alpha = request["task_weight"]
        self.taps = {"student": {}, "teacher": {}}
        self.teacher = None
        if request["teacher"]:
            self.teacher = _model(request["teacher"], request).eval()
            self.loss = _loss(request["temperature"], self.alpha)
            for stage in request["taps"]:
                for role in self.taps:
                    self._watch(role, stage)

    def _watch(self, role, stage):
        def keep(module, inputs, output):
            self.taps[role][stage] = output

        getattr(self, role).stages[stage].register_forward_hook(keep)

    def parameters(self):
        """Returns the number of the student's trainable weights."""
        return sum(p.numel() for p in self.student.parameters())

    def step(self):
        """Makes one update."""
        self.optimizer.zero_grad()
        logits = self.student(self.images)
        if self.teacher is None:
            total = self.task(logits, self.labels)
        else:
            total = self._distilled(logits)
        total.backward()
        self.optimizer.step()
        # Keras reports the loss at every step, too.
        return total.item()

    def _distilled(self, logits):
        with torch.no_grad():
            answers = self.teacher(self.images)
        total = self.loss(*_tensors(logits, answers), self.labels)
        for stage, mine in self.taps["student"].items():
            theirs = self.taps["teacher"][stage]
            match = nn.functional.mse_loss(mine, theirs)
            total = total + (1 - self.alpha) * match
        return total


def _model(model, request):
    name, arguments = model
    return MODELS[name](
        request["shape"], classes=request["classes"], **arguments
    )


def _loss(temperature, alpha):
    place = ("logits", "output")
    return KDLoss(*place, *place, temperature=temperature, alpha=alpha)


def _tensors(student, teacher):
    return {"logits": {"output": student}}, {"logits": {"output": teacher}}


class Worker:
    """Keeps the trainers between requests."""

    def __init__(self):
        self.trainers = {}

    def build(self, request):
        """Builds a trainer; returns its number of weights."""
        trainer = self.trainers[request["name"]] = Trainer(request)
        return trainer.parameters()

    def run(self, request):
        """Runs steps, the first one not timed; returns seconds of one."""
        step, count = self.trainers[request["name"]].step, request["steps"]
        step()
        start = (time.process_time(), time.perf_counter())
        for _ in range(count):
            step()
        end = (time.process_time(), time.perf_counter())
        return [(b - a) / count for a, b in zip(start, end)]

    def loss(self, request):
        """Returns torchdistill's loss of given logits."""
        loss = _loss(request["temperature"], request["task_weight"])
        student, teacher = (
            torch.tensor(request[role]) for role in ("student", "teacher")
        )
        labels = torch.tensor(request["labels"])
        return loss(*_tensors(student, teacher), labels).item()


def main():
    """Answers until the input ends."""
    torch.set_num_threads(1)
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(worker, request.pop("do"))(request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
