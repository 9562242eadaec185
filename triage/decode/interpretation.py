"""From decoded pixels to a gray film and the way it is shown."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from triage.decode import tags, tint
from triage.decode.contradiction import unused_range
from triage.decode.geometry import Geometry, assumed
from triage.decode.grayscale import Display, Range, Rescale, grayscale
from triage.decode.refusal import quoted, refused
from triage.domain.assessment import RefusalCode


def interpreted(
    dataset: Dataset, values: NDArray[np.generic], layout: Geometry
) -> tuple[NDArray[np.generic], Display, tuple[str, ...]]:
    """Make one gray film of decoded pixels, as *Photometric Interpretation* says.

    Args:
        dataset: the film's header.
        values: (rows, columns) or (rows, columns, samples), stored values.
        layout: the header's description of them.

    Returns:
        (rows, columns) gray values, their display function, and notes.

    Raises:
        UnassessableFilm: ``COLOR`` for what is really coloured, ``CONTRADICTION`` where the
            samples per pixel are not those of the interpretation.
    """
    interpretation = tags.code(dataset, "PhotometricInterpretation")
    if tint.is_clothed(dataset):
        stored, white = tint.gray(dataset, values, layout)
        as_it_is = Display(Rescale(), Range(0, white), inverted=False)
        notes = f"gray film in {interpretation} pixels", *assumed(dataset)
        return stored, as_it_is, notes
    if layout.samples != 1:
        raise refused(
            RefusalCode.CONTRADICTION,
            f"Photometric Interpretation {quoted(interpretation)} has 1 sample, "
            f"the header says {layout.samples}.",
        )
    display, notes = grayscale(dataset, values, signed=layout.signed)
    doubts = (*assumed(dataset), *_polarity_assumed(interpretation))
    return values, display, (*unused_range(layout, values), *doubts, *notes)


def _polarity_assumed(interpretation: str) -> tuple[str, ...]:
    """Note that no word tells what is white; whether it looks inverted is asked of the pixels."""
    if interpretation in {"MONOCHROME1", "MONOCHROME2"}:
        return ()
    doubt = "unknown" if interpretation else "absent"
    return (f"photometric interpretation {doubt}: MONOCHROME2 assumed",)
