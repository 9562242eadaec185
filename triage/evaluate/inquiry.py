"""What a person asks of heat maps: films with labels, and the boxes that radiologists drew."""

from dataclasses import dataclass, replace
from pathlib import Path

from triage.domain.labels import CHESTXRAY14
from triage.evaluate.boxes import Boxes, read_boxes
from triage.evaluate.labels import Choice, Labels, read_labels
from triage.evaluate.listing import FILE, Listing, names_of


@dataclass(frozen=True, slots=True)
class Boxed:
    """The labelled films that have boxes, and the boxes."""

    labels: Labels
    boxes: Boxes


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a person asks of the maps.

    Args:
        lists: of labels; the first says which films there are.
        choice: rows of them.
        boxes: CSV files with boxes.
        draws: of patients.
        seed: of the draws.
    """

    lists: tuple[Listing, ...]
    choice: Choice
    boxes: tuple[Path, ...]
    draws: int
    seed: int

    def read(self) -> Boxed:
        """Read labels and boxes, before any film is assessed.

        Raises:
            UnusableList: as ``labels.read_labels`` and ``boxes.read_boxes``.
        """
        films = read_labels(self.lists, self.choice).films
        boxes = read_boxes(self.boxes, names_of(self.lists[0], films))
        # Of films without boxes nobody asks what they show: their words are not judged.
        column = self.lists[0].column(FILE) or FILE[0]
        other = (pair for pair in self.choice.only if pair[0] != column)
        rows = ((column, film) for film in boxes.by_film)
        choice = replace(self.choice, only=(*other, *rows), truths=frozenset(CHESTXRAY14))
        return Boxed(read_labels(self.lists, choice), boxes)
