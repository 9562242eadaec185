"""Which of a bundle's maps answers a box, and which one is held against it as the wrong one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triage.domain.labels import HEADS
from triage.evaluate.boxes import MarkedBox
from triage.evaluate.labels import READ_AS


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Boxes of one source and finding, and the map that should find them.

    Args:
        source: who drew the boxes.
        label: the finding in them.
        shown: the label whose map is held against them.
        wrong: the label of another class whose map stands beside it; empty if there is none.
    """

    source: str
    label: str
    shown: str
    wrong: str

    @property
    def name(self) -> str:
        """How reports call it."""
        by = "" if self.label == self.shown else f", by {self.shown}"
        return f"{self.source} {self.label}{by}"


def targets(boxes: Iterable[MarkedBox], maps: Sequence[str]) -> tuple[Target, ...]:
    """List what can be asked of some boxes, in the order of sources, findings and maps.

    Args:
        boxes: of any films.
        maps: the bundle's labels, in its order.
    """
    kinds = sorted({(box.source, box.label) for box in boxes})
    return tuple(
        Target(source, label, shown, _wrong(shown, maps))
        for source, label in kinds
        for shown in answering(label, maps)
    )


def answering(label: str, maps: Sequence[str]) -> tuple[str, ...]:
    """Return the maps for boxes of a finding: its own, and that of the head it belongs to.

    >>> answering("Mass", ["tumour", "inflammation", "Mass"])
    ('tumour', 'Mass')
    >>> answering("Lung Opacity", ["tumour", "inflammation"])
    ('inflammation',)
    """
    heads = {head for head, findings in HEADS.items() if label in findings}
    return tuple(name for name in maps if name in {label, READ_AS.get(label), *heads})


def _wrong(shown: str, maps: Sequence[str]) -> str:
    """Return the next map, in the bundle's order, that belongs to no head of ``shown``."""
    place = maps.index(shown)
    ordered = (*maps[place + 1 :], *maps[:place])
    return next((name for name in ordered if not _kin(name) & _kin(shown)), "")


def _kin(name: str) -> frozenset[str]:
    """Return the findings of every head that a map is or belongs to, and its own."""
    heads = (findings for head, findings in HEADS.items() if name in {head, *findings})
    return frozenset({name}).union(*heads)
