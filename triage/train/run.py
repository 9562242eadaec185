"""A run folder: settings, log and checkpoints, so that training can go on where it stopped.

::

    runs/first/
      settings.json           the recipe, digests of the films, and what it was run with
      log.jsonl               one line per epoch
      last.safetensors        weights, their average and the optimiser after the last epoch
      best.safetensors        the same after the epoch that was best on the held films
      curves.png              loss and AUROC over the epochs
      bundle/                 what the daemon loads
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from triage import __version__
from triage.domain.errors import ConfigurationError
from triage.train.durable import put_in_place, replace_text
from triage.train.recipe import Normals, Optimizer, Precision, Recipe
from triage.train.training import Training

LAST = "last.safetensors"
BEST = "best.safetensors"
SETTINGS = "settings.json"
_Parts = Mapping[str, Mapping[str, object]]


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
        """Mean AUROC of the labels that can be judged; what "best" means. NaN if there is none."""
        judged = [value for value in self.aurocs.values() if math.isfinite(value)]
        return sum(judged) / len(judged) if judged else math.nan


def begun_by(folder: Path) -> Recipe | None:
    """Return the recipe that the run of a folder was begun with; ``None`` where there is no run.

    Raises:
        ConfigurationError: ``settings.json`` tells none, or one of another version.
    """
    path = folder / SETTINGS
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["recipe"]
        closed = {
            "optimizer": Optimizer(told["optimizer"]),
            "precision": Precision(told["precision"]),
            "labels": tuple(told["labels"]),
            "normals": Normals(told["normals"]),
        }
        return Recipe(**(told | closed))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path} tells no recipe of this version: {error}") from error


def check_folder(folder: Path, recipe: Recipe, *, resume: bool) -> None:
    """Refuse a folder that the run cannot have, by all that is known before films are.

    Their digests, and the labels that are known of them, are for ``claim_folder``.

    Raises:
        ConfigurationError: as there.
    """
    known = {name: value for name, value in asdict(recipe).items() if name != "labels"}
    _check(folder, {"recipe": known}, resume=resume)


def claim_folder(folder: Path, recipe: Recipe, *, films: Mapping[str, str], resume: bool) -> None:
    """Write into a new folder what the run is made of, or hold it against the run to resume.

    Args:
        folder: of the run; made if absent.
        recipe: how to train.
        films: a digest of the films of each kind, with all that the network is told of them.
        resume: whether a run may be there.

    Raises:
        ConfigurationError: the folder cannot be made or written to, it holds a run and
            ``resume`` is false, its settings are damaged, or the run was begun with another
            recipe or other films, of which a patient may judge the weights that had learnt from
            them.
    """
    made_of: _Parts = {"recipe": asdict(recipe), "films": dict(films)}
    _check(folder, made_of, resume=resume)
    path = folder / SETTINGS
    if not path.is_file():
        told = {**made_of, "run_with": _run_with()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            replace_text(path, json.dumps(told, indent=2) + "\n")
        except OSError as error:
            raise ConfigurationError(f"{folder}: {error.strerror}; a run needs a folder") from error


def _check(folder: Path, made_of: _Parts, *, resume: bool) -> None:
    path = folder / SETTINGS
    if resume and path.is_file():
        _refuse_another(path, made_of)
    elif (folder / LAST).exists() or path.exists():
        raise ConfigurationError(f"{folder} holds a run already: resume it or name another folder")


def _refuse_another(path: Path, made_of: _Parts) -> None:
    before = _object(path, path.read_bytes())
    for part, values in json.loads(json.dumps(made_of)).items():  # tuples become lists
        for name, value in values.items():
            begun = before.get(part, {}).get(name)
            if begun != value:
                now, then = (each if each != "" else "none" for each in (value, begun))
                raise ConfigurationError(f"{part} {name} {now}: the run was begun with {then}")


def _object(path: Path, text: str | bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{path}: damaged, or not written by a run") from error


def _run_with() -> dict[str, str | int]:
    """Say what else decides the weights, to their last digit."""
    on_gpu = torch.cuda.is_available()
    return {
        "triage": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "threads": torch.get_num_threads(),
    }


def save_checkpoint(path: Path, training: Training, *, epoch: int) -> None:
    """Write what training goes on from; the file is replaced as a whole or not at all."""
    temporary = path.with_suffix(".partial")
    told = {"epoch": str(epoch), "steps": str(training.steps)}
    save_file(training.tensors(), temporary, metadata=told)
    put_in_place(temporary, path)


def load_checkpoint(path: Path, training: Training) -> int:
    """Read a checkpoint in place and return how many epochs it has seen.

    Returns:
        0 where there is no checkpoint yet.

    Raises:
        ConfigurationError: the file is damaged or was written by something else.
    """
    if not path.is_file():
        return 0
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
            told = file.metadata() or {}
        epoch, steps = int(told["epoch"]), int(told["steps"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ConfigurationError(f"{path}: damaged, or no checkpoint of a run") from error
    training.restore(tensors, steps=steps)
    return epoch


def append_epoch(folder: Path, epoch: Epoch) -> None:
    """Append one line to the log of the run; a checkpoint that follows is never without it."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        aurocs = {label: _number(value) for label, value in epoch.aurocs.items()}
        log.write(json.dumps(asdict(epoch) | {"aurocs": aurocs}, allow_nan=False) + "\n")
        log.flush()
        os.fsync(log.fileno())


def read_log(folder: Path, *, epochs: int) -> list[Epoch]:
    """Return the log's first ``epochs`` lines and drop what an interrupted run wrote after them.

    Raises:
        ConfigurationError: one of them is damaged.
    """
    path = folder / "log.jsonl"
    lines = path.read_bytes().splitlines()[:epochs] if path.is_file() else []
    log = [_epoch(path, line) for line in lines]
    replace_text(path, "".join(line.decode() + "\n" for line in lines))
    return log


def _number(value: float) -> float | None:
    """Write what is undefined as JSON does, which has no NaN."""
    return value if math.isfinite(value) else None


def _epoch(path: Path, line: bytes) -> Epoch:
    told = _object(path, line)
    try:
        aurocs = {k: math.nan if v is None else v for k, v in told["aurocs"].items()}
        return Epoch(**(told | {"aurocs": aurocs}))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: damaged, or not written by a run") from error
