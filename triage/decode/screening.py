"""The header gate: which films are refused before their pixels are looked at.

Gates are asked in order; the first that refuses decides. Headers may lie: what the pixels
themselves say is asked elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import DigitalXRayImageStorageForProcessing

from triage.decode import tags
from triage.decode.age import age_years
from triage.decode.projection import view, view_not_frontal
from triage.decode.refusal import quoted
from triage.decode.region import body_part_elsewhere, described_elsewhere
from triage.decode.tint import is_clothed
from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import View
from triage.domain.product import MANUFACTURER, MODEL_NAME

MODALITIES = frozenset({"CR", "DX"})
GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})

Gate = Callable[[Dataset], Refusal | None]


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate learned of a film that it let through.

    Args:
        view: the projection.
        notes: what the header left open, such as ``age unknown``.
    """

    view: View
    notes: tuple[str, ...]


def screen(dataset: Dataset, *, minimum_age_years: int) -> Passed:
    """Let a frontal chest film of an adult through.

    Args:
        dataset: the header; a value that cannot be read counts as absent.
        minimum_age_years: patients known to be younger are refused.

    Raises:
        UnassessableFilm: a gate refused; code and sentence say which.
    """
    age = age_years(dataset)
    for refusal in (*(gate(dataset) for gate in _GATES), _under_age(age, minimum_age_years)):
        if refusal is not None:
            raise UnassessableFilm(refusal)
    seen = view(dataset)
    open_questions = {"view unknown": seen is View.UNKNOWN, "age unknown": age is None}
    return Passed(seen, tuple(note for note, is_open in open_questions.items() if is_open))


def _own_result(dataset: Dataset) -> Refusal | None:
    """Know our own captures, so that no result is ever read as a film."""
    maker = tags.text(dataset, "Manufacturer"), tags.text(dataset, "ManufacturerModelName")
    if maker != (MANUFACTURER, MODEL_NAME):
        return None
    return Refusal(RefusalCode.OWN_RESULT, f"The object is a result of {MODEL_NAME} itself.")


def _modality(dataset: Dataset) -> Refusal | None:
    """Require CR or DX whatever the SOP class says: Secondary Capture wraps many a film."""
    modality = tags.code(dataset, "Modality")
    if modality in MODALITIES:
        return None
    found = f"is {quoted(modality)}" if modality else "is missing"
    return Refusal(RefusalCode.MODALITY, f"Modality {found}: CR or DX is assessed.")


def _for_processing(dataset: Dataset) -> Refusal | None:
    """Refuse raw detector values; nobody reads them, and no display is defined (PS3.3 C.8.11.1)."""
    if tags.text(dataset, "SOPClassUID") == DigitalXRayImageStorageForProcessing:
        return Refusal(
            RefusalCode.FOR_PROCESSING, "The SOP class is Digital X-Ray Image For Processing."
        )
    if tags.code(dataset, "PresentationIntentType") == "FOR PROCESSING":
        return Refusal(RefusalCode.FOR_PROCESSING, "Presentation Intent Type is 'FOR PROCESSING'.")
    return None


def _lateral(dataset: Dataset) -> Refusal | None:
    """Refuse lateral and oblique views; the network has seen frontal ones only."""
    name = view_not_frontal(dataset)
    if not name:
        return None
    return Refusal(RefusalCode.LATERAL, f"The view {quoted(name)} is not frontal: PA or AP is.")


def _body_part(dataset: Dataset) -> Refusal | None:
    """Refuse what is named as another region; free text is never quoted, it may hold a name."""
    if body_part_elsewhere(dataset):
        part = quoted(tags.text(dataset, "BodyPartExamined"))
        return Refusal(RefusalCode.BODY_PART, f"Body Part Examined is {part}, not the chest.")
    if described_elsewhere(dataset):
        return Refusal(
            RefusalCode.BODY_PART,
            "Body Part Examined is missing and the descriptions name another region.",
        )
    return None


def _no_pixels(dataset: Dataset) -> Refusal | None:
    """Refuse headers without pixel data."""
    if tags.value(dataset, "PixelData"):
        return None
    return Refusal(RefusalCode.NO_PIXELS, "The object has no pixel data.")


def _several_frames(dataset: Dataset) -> Refusal | None:
    """Refuse multi-frame objects."""
    frames = tags.whole(dataset, "NumberOfFrames", default=1)
    if frames <= 1:
        return None
    return Refusal(RefusalCode.SEVERAL_FRAMES, f"The object has {frames} frames: 1 is assessed.")


def _color(dataset: Dataset) -> Refusal | None:
    """Refuse what cannot be gray; RGB or a palette may be, and a missing word is the decoder's."""
    interpretation = tags.code(dataset, "PhotometricInterpretation")
    if interpretation in GRAY or is_clothed(dataset) or not interpretation:
        return None
    return Refusal(
        RefusalCode.COLOR,
        f"Photometric Interpretation is {quoted(interpretation)}: gray films are assessed.",
    )


def _under_age(age: int | None, minimum: int) -> Refusal | None:
    """Refuse patients known to be younger; the age itself is not repeated."""
    if age is None or age >= minimum:
        return None
    return Refusal(RefusalCode.UNDER_AGE, f"The patient is younger than {minimum} years.")


_GATES: tuple[Gate, ...] = (
    _own_result,
    _modality,
    _for_processing,
    _lateral,
    _body_part,
    _no_pixels,
    _several_frames,
    _color,
)
