"""The checkpoints that are known: how they were saved, and what their numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from triage.domain.labels import CHESTXRAY14
from triage.infer.card import Input
from triage.infer.foreign.torchxrayvision import FILES, FILMS, OPERATING_POINTS, OUTPUTS

COLOUR = Input()
"""ImageNet's mean and deviation on three equal channels."""
_WHITE = 1024.0
GRAY = Input(size=224, mean=(0.5,), deviation=(1 / (2 * _WHITE),))
"""One channel, black is -1024 and white 1024."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of checkpoint of a DenseNet-121.

    Args:
        project: who publishes it, on GitHub.
        entry: under which key the state or the network was saved; ``None`` where it is all.
        outputs: what the logits are called; ``None`` where one was not trained.
        licence: of the weights, as far as the project states one.
        source: the films that it was trained on.
        input: what the network sees.
        points: the outputs' operating points, where they are published.
        file: how the published file's name begins, where nothing else tells formats apart.
    """

    project: str
    entry: str | None
    outputs: tuple[str | None, ...]
    licence: str
    source: str
    input: Input = COLOUR
    points: Mapping[str, float] = field(default_factory=dict)
    file: str = ""


def _of_chestxray14(project: str, entry: str, *, licence: str) -> Format:
    source = "NIH ChestX-ray14: NIH Clinical Center, attribution"
    return Format(project, entry, CHESTXRAY14, licence=licence, source=source)


def _of_torchxrayvision(name: str) -> Format:
    points = OPERATING_POINTS[name]
    return Format(
        project="mlmed/torchxrayvision",
        entry=None,
        outputs=tuple(output if output in points else None for output in OUTPUTS),
        licence="the library is under Apache-2.0; the films' owners have terms of their own",
        source=FILMS[name],
        input=GRAY,
        points=points,
        file=FILES[name],
    )


_NONE_STATED = "the project states none: ask its authors before you use the weights"
FORMATS: dict[str, Format] = {
    "zoogzog": _of_chestxray14("zoogzog/chexnet", "state_dict", licence=_NONE_STATED),
    "arnoweng": _of_chestxray14("arnoweng/CheXNet", "state_dict", licence=_NONE_STATED),
    "jrzech": _of_chestxray14(
        "jrzech/reproduce-chexnet", "model", licence="the project is under BSD-3-Clause"
    ),
    **{f"torchxrayvision-{name}": _of_torchxrayvision(name) for name in OPERATING_POINTS},
}
"""By the name that ``triage model import --format`` takes."""
