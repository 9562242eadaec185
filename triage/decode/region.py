"""Which part of the body a header names."""

from pydicom.dataset import Dataset

from triage.decode import tags
from triage.domain.region import CHEST, ELSEWHERE, NOTHING_SAID, part_elsewhere, words_of

_DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName")


def body_part_elsewhere(dataset: Dataset) -> bool:
    """(0018,0015) *Body Part Examined* names something and it is not the chest.

    >>> def film(part): ds = Dataset(); ds.BodyPartExamined = part; return ds
    >>> [body_part_elsewhere(film(part)) for part in ("RIBCAGE", "HAND", "CHEST ABDOMEN", "")]
    [False, True, True, False]
    """
    return part_elsewhere(tags.code(dataset, "BodyPartExamined"))


def described_elsewhere(dataset: Dataset) -> bool:
    """The header names no body part, and its descriptions speak only of another region.

    (0008,2218) *Anatomic Region Sequence* and the free texts of study, series and protocol.
    """
    if tags.code(dataset, "BodyPartExamined") not in NOTHING_SAID:
        return False
    regions = (tags.code(item, "CodeMeaning") for item in tags.items(dataset, _REGION))
    words = words_of(" ".join([*regions, *(tags.code(dataset, text) for text in _DESCRIPTIONS)]))
    return bool(words & ELSEWHERE) and not words & CHEST


_REGION = "AnatomicRegionSequence"
