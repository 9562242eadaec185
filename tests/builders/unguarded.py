"""Decoding in the test's own process, where a test may take a check away."""

from pathlib import Path

from triage.decode import film
from triage.domain.film import Film


class Unguarded:
    """Decodes as a guard's child does, but here."""

    def read(self, path: Path, *, minimum_age_years: int | None = 18) -> Film:
        """Read a film."""
        return film.read(path, minimum_age_years=minimum_age_years)

    def same_pixels(self, first: Path, second: Path) -> bool:
        """Compare two files."""
        return film.same_pixels(first, second)
