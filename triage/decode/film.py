"""File to film, the way in one place; and whether two files are one film."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import picture, tags
from triage.decode.content import Content
from triage.decode.geometry import Geometry, geometry
from triage.decode.interpretation import interpreted
from triage.decode.lettering import lettering_note
from triage.decode.origin import origin
from triage.decode.part10 import read_dataset
from triage.decode.pixel_data import all_values, check_transfer_syntax, stored_values
from triage.decode.projection import view
from triage.decode.refusal import translated
from triage.decode.resample import area
from triage.decode.screening import Passed, screen
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film


def read(path: Path, *, minimum_age_years: int | None = 18) -> Film:
    """Read a film from a DICOM, PNG or JPEG file in this very process: as ``film_in``.

    The film is the caller's own: the file may change or vanish afterwards.

    Raises:
        UnassessableFilm: the film cannot or must not be assessed.
        OSError: the file cannot be opened or read: that says nothing about the film.
    """
    with path.open("rb") as file:
        film = film_in(Content(file), minimum_age_years=minimum_age_years)
    return replace(film, stored=film.stored.copy())


def film_in(content: Content, *, minimum_age_years: int | None) -> Film:
    """Read a film from a DICOM, PNG or JPEG file, told apart by content.

    Args:
        content: the file.
        minimum_age_years: patients known to be younger are refused; ``None`` opens the
            header's gate, so that whatever has pixels becomes a film.

    Returns:
        The film; ``stored`` is ``uint8``, ``uint16``, ``int8`` or ``int16`` (rows, columns),
        and may lie in the file, which must not change while the film is looked at.

    Raises:
        UnassessableFilm: the film cannot or must not be assessed; nothing else is raised,
            whatever the file holds.
    """
    if picture.is_picture(content[: picture.SIGNATURE_BYTES]):
        return picture.film(content[:])
    with translated("The file cannot be read"):
        return film_of(read_dataset(_stream(content)), minimum_age_years=minimum_age_years)


def film_of(
    dataset: Dataset,
    *,
    minimum_age_years: int | None,
    measure: Callable[[Dataset], Geometry] = geometry,
) -> Film:
    """Screen the header of a data set, then decode what passed: as ``film_in``.

    Args:
        dataset: a whole object.
        minimum_age_years: as there.
        measure: reads the size and bit layout of the pixel data.

    Raises:
        UnassessableFilm: the film cannot or must not be assessed.
    """
    check_transfer_syntax(dataset)
    passed = _passed(dataset, minimum_age_years)
    layout = measure(dataset)
    values, doubts = stored_values(dataset, layout)
    stored, display, notes = interpreted(dataset, values, layout)
    return Film(
        stored=stored,
        display=display,
        resample=area,
        spacing_mm=_spacing_mm(dataset),
        view=passed.view,
        notes=(*passed.notes, *doubts, *notes, *lettering_note(stored)),
        origin=origin(dataset),
    )


def same_pixels(first: Path, second: Path) -> bool:
    """Tell whether two files carry the same pixels: as ``same_pixels_in``.

    Raises:
        UnassessableFilm: ``UNREADABLE``, a file is no DICOM object.
        OSError: a file cannot be opened or read.
    """
    with first.open("rb") as one, second.open("rb") as other:
        return same_pixels_in(Content(one), Content(other))


def same_pixels_in(first: Content, second: Content) -> bool:
    """Tell whether two files carry the same pixels, however they are compressed.

    The stored values count, and the Photometric Interpretation that says what is white; no
    window and no other header value. Objects without pixel data are the same; where a codec
    fails, the encoded bytes are compared instead.

    Raises:
        UnassessableFilm: ``UNREADABLE``, a file is no DICOM object.
    """
    one, other = (read_dataset(_stream(content)) for content in (first, second))
    if _polarity(one) != _polarity(other):
        return False
    try:
        return np.array_equal(_values(one), _values(other))
    except UnassessableFilm:
        return bool(tags.value(one, "PixelData") == tags.value(other, "PixelData"))


def _stream(content: Content) -> BinaryIO:
    """What is read, sought and told is a file to pydicom, if not to its types."""
    return cast("BinaryIO", content)


def _passed(dataset: Dataset, minimum_age_years: int | None) -> Passed:
    if minimum_age_years is None:
        return Passed(view(dataset), ("header not screened",))
    return screen(dataset, minimum_age_years=minimum_age_years)


def _polarity(dataset: Dataset) -> bool:
    return tags.code(dataset, "PhotometricInterpretation") == "MONOCHROME1"


def _values(dataset: Dataset) -> NDArray[np.generic]:
    return all_values(dataset, geometry(dataset))


def _spacing_mm(dataset: Dataset) -> tuple[float, float] | None:
    """Read the spacing at the detector: (0018,1164), else (0028,0030) of older CR objects."""
    for keyword in ("ImagerPixelSpacing", "PixelSpacing"):
        row, column = (*tags.numbers(dataset, keyword), 0.0, 0.0)[:2]
        if min(row, column) > 0:
            return row, column
    return None
