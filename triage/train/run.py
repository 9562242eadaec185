"""A run folder: settings, log and checkpoints, so that training can go on where it stopped.

::

    runs/first/
      settings.json           the recipe
      log.jsonl               one line per epoch
      last.safetensors        network and momentum after the last epoch
      best.safetensors        the same after the epoch with the best validation AUROC
      bundle/                 what the daemon loads
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import SGD

from triage.domain.errors import ConfigurationError
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.train.loop import Recipe

LAST = "last.safetensors"
BEST = "best.safetensors"
NETWORK = "network."
MOMENTUM = "momentum."


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of the log: losses, the AUROC of each label, and how long it took."""

    epoch: int
    loss: float
    aurocs: dict[str, float]
    seconds: float

    @property
    def score(self) -> float:
        """Mean AUROC of the labels that can be judged; what "best" means."""
        judged = [value for value in self.aurocs.values() if math.isfinite(value)]
        return sum(judged) / max(1, len(judged))


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What changes while a network is trained."""

    network: DenseNet
    optimizer: SGD


def begin(recipe: Recipe, labels: int) -> Training:
    """Make a randomly initialised network and its optimiser; both follow from the recipe."""
    torch.manual_seed(recipe.seed)
    network = DenseNet(ARCHITECTURES[recipe.architecture], labels)
    network.to(memory_format=torch.channels_last)
    optimizer = SGD(network.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum)
    return Training(network, optimizer)


def claim_folder(folder: Path, recipe: Recipe, *, resume: bool) -> None:
    """Write the recipe into a new folder, or check it against that of the run to resume.

    Raises:
        ConfigurationError: the folder holds a run and ``resume`` is false, or the run was
            trained by another recipe (the number of epochs may grow).
    """
    path = folder / "settings.json"
    if resume and path.is_file():
        _refuse_other_recipe(path, recipe)
    elif (folder / LAST).exists() or path.exists():
        raise ConfigurationError(f"{folder} holds a run already: resume it or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(asdict(recipe), indent=2) + "\n")


def _refuse_other_recipe(path: Path, recipe: Recipe) -> None:
    before = json.loads(path.read_text(encoding="utf-8"))
    for name, value in asdict(recipe).items():
        if name != "epochs" and before.get(name) != value:
            raise ConfigurationError(f"{name} {value}: the run was begun with {before.get(name)}")


def save_checkpoint(path: Path, training: Training, *, epoch: int) -> None:
    """Write network and momentum; the file is replaced as a whole or not at all."""
    tensors = {NETWORK + name: t for name, t in training.network.state_dict().items()}
    tensors |= {MOMENTUM + name: t for name, t in _momentum(training).items()}
    temporary = path.with_suffix(".partial")
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, temporary, metadata={"epoch": str(epoch)})
    temporary.replace(path)


def load_checkpoint(path: Path, training: Training) -> int:
    """Read network and momentum in place and return how many epochs they have seen.

    Returns:
        0 where there is no checkpoint yet.
    """
    if not path.is_file():
        return 0
    with safe_open(path, framework="pt") as file:
        names = file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
        epoch = int(file.metadata()["epoch"])
    training.network.load_state_dict(_part(tensors, NETWORK))
    momentum = _part(tensors, MOMENTUM)
    for name, parameter in training.network.named_parameters():
        training.optimizer.state[parameter]["momentum_buffer"] = momentum[name]
    return epoch


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _momentum(training: Training) -> dict[str, Tensor]:
    state = training.optimizer.state
    return {n: state[p]["momentum_buffer"] for n, p in training.network.named_parameters()}


def append_epoch(folder: Path, epoch: Epoch) -> None:
    """Append one line to the log of the run."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(epoch)) + "\n")


def read_log(folder: Path, *, epochs: int) -> list[Epoch]:
    """Return the log's first ``epochs`` lines and drop what an interrupted run wrote after them."""
    path = folder / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()[:epochs] if path.is_file() else []
    replace_text(path, "".join(line + "\n" for line in lines))
    return [Epoch(**json.loads(line)) for line in lines]


def replace_text(path: Path, text: str) -> None:
    """Write a text file; it is replaced as a whole or not at all."""
    temporary = path.with_suffix(".partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
