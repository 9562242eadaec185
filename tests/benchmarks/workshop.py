"""What the cells are made from: files, the product, and how much of everything."""

from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.objects import CR, DX, HALF, SMALL, Shelf, Size
from tests.benchmarks.product import Product

QUICK_PART = 8
MOST = {DX: 24, CR: 32, HALF: 200, SMALL: 400}
"""Objects of a repetition: 0.1 to 0.4 GB, or enough for a percentile."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that the cells share.

    Args:
        folder: for notes.
        shelf: has the files to send.
        product: how it is started.
        quick: to see that everything works, not to measure.
    """

    folder: Path
    shelf: Shelf
    product: Product
    quick: bool = False

    def number(self, full: int, *, least: int = 1) -> int:
        """Return how many of something a repetition takes."""
        return max(least, full // QUICK_PART) if self.quick else full

    def films(self, size: Size, *, associations: int = 1) -> list[Path]:
        """Return the files of one repetition, at least one for each association."""
        return self.shelf.files(size, self.number(MOST[size], least=associations))
