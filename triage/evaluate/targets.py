"""Which of a bundle's maps answers a box, and which one is held against it as the wrong one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triage.domain.labels import HEADS, answering
from triage.domain.marked_box import MarkedBox


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


def _wrong(shown: str, maps: Sequence[str]) -> str:
    """Return the next map, in the bundle's order, that belongs to no head of ``shown``."""
    place = maps.index(shown)
    ordered = (*maps[place + 1 :], *maps[:place])
    return next((name for name in ordered if not _kin(name) & _kin(shown)), "")


def _kin(name: str) -> frozenset[str]:
    """Return the findings of every head that a map is or belongs to, and its own."""
    heads = (findings for head, findings in HEADS.items() if name in {head, *findings})
    return frozenset({name}).union(*heads)
