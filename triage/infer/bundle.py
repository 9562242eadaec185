"""A bundle: a folder that holds a trained network and everything needed to use it.

::

    bundle.toml             what it is, thresholds, and the digests of the files below
    weights.safetensors     half precision where it was trained here, as found where imported
    golden.safetensors      an input with the output that it must give

``CARD.md``, a card for people, may stand beside them. It and other files in the folder are no
part of the bundle.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from triage.domain.assessment import Model
from triage.domain.errors import ConfigurationError
from triage.infer.card import Card, Description, Files, read_card
from triage.infer.checkpoint import check_digests, network_of, read_tensors, sha256, weights_of
from triage.infer.densenet import DenseNet
from triage.infer.golden import golden_of, refuse_difference
from triage.infer.section import card_text

CARD = "bundle.toml"
WEIGHTS = "weights.safetensors"
GOLDEN = "golden.safetensors"
PAGE = "CARD.md"


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A loaded bundle.

    Args:
        model: name, version and digest, as every assessment carries them.
        card: what ``bundle.toml`` says.
        network: ``float32``, in evaluation mode, on the CPU.
        golden: the golden input and output, as ``golden.golden_of`` gives them.
    """

    model: Model
    card: Card
    network: DenseNet
    golden: Mapping[str, Tensor]


def shipped_bundle() -> Path:
    """Return the folder of the bundle inside the package."""
    return Path(__file__).parent / "shipped"


def read_model(folder: Path) -> Model:
    """Name a bundle without building its network; the files' digests are checked.

    Raises:
        ConfigurationError: a file is missing, or is not the one that ``bundle.toml`` records.
    """
    return _model(folder, read_card(folder / CARD))


def load_bundle(folder: Path) -> Bundle:
    """Load a bundle and prove it by its golden output.

    Raises:
        ConfigurationError: a file is missing or is not the recorded one, the architecture is
            unknown, a tensor is missing or unknown, or the golden output does not reproduce.
    """
    card = read_card(folder / CARD)
    model = _model(folder, card)
    weights = read_tensors(folder / WEIGHTS)
    network = _network(weights, card)
    golden, tolerance = read_tensors(folder / GOLDEN), card.golden.tolerance
    refuse_difference(network, golden, spec=card.input.spec, tolerance=tolerance)
    return Bundle(model, card, network, golden)


def save_bundle(
    folder: Path, network: DenseNet, *, description: Description, half: bool = True
) -> Model:
    """Write a bundle and return its name and digest.

    Args:
        folder: made if absent; a bundle in it is replaced.
        network: the golden output is that of the weights as stored.
        description: everything that ``bundle.toml`` says besides the files' digests.
        half: whether kernels are rounded to half precision.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = weights_of(network, half=half)
    stored = _network(weights, description)
    save_file(weights, folder / WEIGHTS)
    save_file(golden_of(stored, description.input.spec), folder / GOLDEN)
    files = Files(weights=sha256(folder / WEIGHTS), golden=sha256(folder / GOLDEN))
    card = Card(**dict(description), files=files)
    (folder / CARD).write_text(card_text(card), encoding="utf-8")
    return _model(folder, card)


def copy_bundle(folder: Path, to: Path, *, description: Description) -> Model:
    """Write a bundle with another's weights, golden output and card for people, byte for byte.

    The golden output is the network's own; whatever ``description`` makes of it, it proves the
    same. Where copying ends early, there is no ``bundle.toml`` and so no bundle.

    Args:
        folder: the other bundle; its files' digests are checked.
        to: made if absent.
        description: everything that ``bundle.toml`` says besides the files' digests.

    Raises:
        ConfigurationError: there is no other bundle, or ``to`` holds one or cannot be written.
    """
    refuse_bundle(to)
    read_model(folder)
    files = read_card(folder / CARD).files
    try:
        to.mkdir(parents=True, exist_ok=True)
        page = [PAGE] * (folder / PAGE).is_file()
        for name in (WEIGHTS, GOLDEN, *page):
            shutil.copyfile(folder / name, to / name)
        card = Card(**{**dict(description), "files": files})
        (to / CARD).write_text(card_text(card), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{to}: {error.strerror}") from error
    return read_model(to)


def add_to_page(folder: Path, section: str) -> None:
    """Write a section at the end of a bundle's card for people, which is made if absent.

    Raises:
        ConfigurationError: it cannot be written.
    """
    page = folder / PAGE
    try:
        with page.open("a", encoding="utf-8") as file:
            file.write(f"\n{section}" if file.tell() else section)
    except OSError as error:
        raise ConfigurationError(f"{page}: {error.strerror}") from error


def refuse_bundle(folder: Path) -> None:
    """Raise ``ConfigurationError`` where a folder holds a bundle already."""
    if (folder / CARD).exists():
        raise ConfigurationError(f"{folder} holds a bundle already: name another folder")


def _network(weights: Mapping[str, Tensor], card: Description) -> DenseNet:
    channels = card.input.spec.channels
    return network_of(weights, card.architecture, labels=len(card.outputs), channels=channels)


def _model(folder: Path, card: Card) -> Model:
    check_digests(folder, {WEIGHTS: card.files.weights, GOLDEN: card.files.golden})
    return Model(card.name, card.version, _digest(folder))


def _digest(folder: Path) -> str:
    """Hash the three files' names and digests, in the order of their names."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in sorted((CARD, GOLDEN, WEIGHTS))]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
