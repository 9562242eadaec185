"""Decoding in the test's own process, without what a test leaves out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset

from triage.decode import film
from triage.decode.geometry import Geometry, geometry
from triage.decode.part10 import read_dataset
from triage.domain.film import Film


@dataclass(frozen=True, slots=True)
class Unguarded:
    """Decodes DICOM films as a guard's child does, but here.

    Args:
        parse: makes the data set of a file.
        measure: reads the size and bit layout of its pixels.
    """

    parse: Callable[[BinaryIO], Dataset] = read_dataset
    measure: Callable[[Dataset], Geometry] = geometry

    def read(self, path: Path, *, minimum_age_years: int | None = 18) -> Film:
        """Read a film."""
        with path.open("rb") as file:
            return film.film_of(
                self.parse(file), minimum_age_years=minimum_age_years, measure=self.measure
            )

    def same_pixels(self, first: Path, second: Path) -> bool:
        """Compare two files."""
        return film.same_pixels(first, second)
