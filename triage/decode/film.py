"""File to film, the way in one place; and whether two files are one film."""

import io
import mmap
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import picture, tags
from triage.decode.geometry import geometry
from triage.decode.interpretation import interpreted
from triage.decode.lettering import lettering_note
from triage.decode.part10 import read_dataset
from triage.decode.pixel_data import all_values, check_transfer_syntax, stored_values
from triage.decode.projection import view
from triage.decode.refusal import refused, translated
from triage.decode.resample import area
from triage.decode.screening import Passed, screen
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film

MAX_FILE_BYTES = 512 * 1024 * 1024


def read(path: Path, *, minimum_age_years: int | None = 18) -> Film:
    """Read a film from a DICOM, PNG or JPEG file in this very process: as ``film_in``.

    Raises:
        UnassessableFilm: the film cannot or must not be assessed.
        OSError: the file cannot be opened or read: that says nothing about the film.
    """
    with path.open("rb") as file:
        return film_in(file, minimum_age_years=minimum_age_years)


def film_in(file: BinaryIO, *, minimum_age_years: int | None) -> Film:
    """Read a film from an open DICOM, PNG or JPEG file, told apart by content.

    Args:
        file: an open file of the file system; its name and position do not matter.
        minimum_age_years: patients known to be younger are refused; ``None`` opens the
            header's gate, so that whatever has pixels becomes a film.

    Returns:
        The film; ``stored`` is ``uint8``, ``uint16``, ``int8`` or ``int16`` (rows, columns).

    Raises:
        UnassessableFilm: the film cannot or must not be assessed; nothing else is raised,
            whatever the file holds.
        OSError: the file cannot be read: that says nothing about the film.
    """
    content = _content(file)
    if picture.is_picture(content[: picture.SIGNATURE_BYTES]):
        return picture.film(content[:])
    with translated("The file cannot be read"):
        return _film(content, minimum_age_years)


def same_pixels(first: Path, second: Path) -> bool:
    """Tell whether two files carry the same pixels: as ``same_pixels_in``.

    Raises:
        UnassessableFilm: ``UNREADABLE``, a file is no DICOM object.
        OSError: a file cannot be opened or read.
    """
    with first.open("rb") as one, second.open("rb") as other:
        return same_pixels_in(one, other)


def same_pixels_in(first: BinaryIO, second: BinaryIO) -> bool:
    """Tell whether two files carry the same pixels, however they are compressed.

    The stored values count, and the Photometric Interpretation that says what is white; no
    window and no other header value. Objects without pixel data are the same; where a codec
    fails, the encoded bytes are compared instead.

    Raises:
        UnassessableFilm: ``UNREADABLE``, a file is no DICOM object.
        OSError: a file cannot be read.
    """
    one, other = (read_dataset(_stream(_content(file))) for file in (first, second))
    if _polarity(one) != _polarity(other):
        return False
    try:
        return np.array_equal(_values(one), _values(other))
    except UnassessableFilm:
        return bool(tags.value(one, "PixelData") == tags.value(other, "PixelData"))


def _content(file: BinaryIO) -> mmap.mmap:
    """Map the file instead of reading it: most of a film is looked at once.

    Lengths inside it can promise no more than it holds.
    """
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise refused(RefusalCode.TOO_LARGE, f"The file is larger than {MAX_FILE_BYTES} bytes.")
    if size == 0:
        raise refused(RefusalCode.UNREADABLE, "The file is empty.")
    return mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ)


def _stream(content: mmap.mmap) -> BinaryIO:
    """A map is read, sought and told like a file; its stub does not say so."""
    return cast("BinaryIO", content)


def _film(content: mmap.mmap, minimum_age_years: int | None) -> Film:
    """Screen the header, then decode what passed."""
    dataset = read_dataset(_stream(content))
    check_transfer_syntax(dataset)
    passed = _passed(dataset, minimum_age_years)
    layout = geometry(dataset)
    values, doubts = stored_values(dataset, layout)
    stored, display, notes = interpreted(dataset, values, layout)
    return Film(
        stored=stored,
        display=display,
        resample=area,
        spacing_mm=_spacing_mm(dataset),
        view=passed.view,
        notes=(*passed.notes, *doubts, *notes, *lettering_note(stored)),
    )


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
