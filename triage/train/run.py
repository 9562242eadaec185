"""A run folder: settings, log and checkpoints, so that training can go on where it stopped.

::

    runs/first/
      settings.json           the recipe
      log.jsonl               one line per epoch
      last.safetensors        weights, their average and the optimiser after the last epoch
      best.safetensors        the same after the epoch that was best on the held films
      curves.png              loss and AUROC over the epochs
      bundle/                 what the daemon loads
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from triage.domain.errors import ConfigurationError
from triage.train.recipe import Recipe
from triage.train.training import Training

LAST = "last.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of the log.

    Args:
        epoch: from 1.
        pixels: side of the input in this epoch.
        loss: mean over the steps.
        aurocs: of each label on the held films, NaN where they are too few to say.
        seconds: that it took.
    """

    epoch: int
    pixels: int
    loss: float
    aurocs: dict[str, float]
    seconds: float

    @property
    def score(self) -> float:
        """Mean AUROC of the labels that can be judged; what "best" means."""
        judged = [value for value in self.aurocs.values() if math.isfinite(value)]
        return sum(judged) / max(1, len(judged))


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
    for name, value in json.loads(json.dumps(asdict(recipe))).items():  # tuples become lists
        if name != "epochs" and before.get(name) != value:
            raise ConfigurationError(f"{name} {value}: the run was begun with {before.get(name)}")


def save_checkpoint(path: Path, training: Training, *, epoch: int) -> None:
    """Write what training goes on from; the file is replaced as a whole or not at all."""
    temporary = path.with_suffix(".partial")
    told = {"epoch": str(epoch), "steps": str(training.steps)}
    save_file(training.tensors(), temporary, metadata=told)
    temporary.replace(path)


def load_checkpoint(path: Path, training: Training) -> int:
    """Read a checkpoint in place and return how many epochs it has seen.

    Returns:
        0 where there is no checkpoint yet.
    """
    if not path.is_file():
        return 0
    with safe_open(path, framework="pt") as file:
        names = file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
        told = file.metadata()
    training.restore(tensors, steps=int(told["steps"]))
    return int(told["epoch"])


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
