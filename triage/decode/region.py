"""Which part of the body a header names, in the words that modalities use."""

import re

from pydicom.dataset import Dataset

from triage.decode import tags

CHEST = frozenset(
    {
        "CHEST",
        "THORAX",
        "TORAX",
        "THORACIC",
        "LUNG",
        "LUNGS",
        "HEART",
        "RIB",
        "RIBS",
        "RIBCAGE",
        "MEDIASTINUM",
        "PULMONARY",
    }
)
"""Words that name the chest or what a chest film is taken for (PS3.16 Annex L, and practice)."""

ELSEWHERE = frozenset(
    {
        *("ABDOMEN", "ABDOMINAL", "ABD", "KUB", "PELVIS", "HIP", "HIPS", "BLADDER", "KIDNEY"),
        *("SPINE", "TSPINE", "LSPINE", "CSPINE", "SSPINE", "CERVICAL", "LUMBAR", "SACRUM"),
        *("SKULL", "HEAD", "BRAIN", "NECK", "JAW", "MANDIBLE", "FACE", "ORBIT", "EYE", "EYES"),
        *("TEETH", "TOOTH", "DENTAL", "SINUS", "SINUSES", "NASAL"),
        *("BREAST", "BREASTS", "MAMMO", "MAMMOGRAPHY", "MAMMOGRAM"),
        *("EXTREMITY", "ARM", "SHOULDER", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND"),
        *("HANDS", "FINGER", "FINGERS", "THUMB", "SCAPULA"),
        *("LEG", "FEMUR", "KNEE", "KNEES", "PATELLA", "TIBIA", "FIBULA", "ANKLE", "FOOT"),
        *("FEET", "CALCANEUS", "HEEL", "TOE", "TOES", "WHOLEBODY"),
    }
)
"""Words that name another region."""

_NOTHING_SAID = frozenset({"", "UNKNOWN", "UNSPECIFIED", "UNDEFINED", "OTHER", "NONE", "NA", "N/A"})
_DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName")


def body_part_elsewhere(dataset: Dataset) -> bool:
    """(0018,0015) *Body Part Examined* names something and it is not the chest.

    >>> def film(part): ds = Dataset(); ds.BodyPartExamined = part; return ds
    >>> [body_part_elsewhere(film(part)) for part in ("RIBCAGE", "HAND", "CHEST ABDOMEN", "")]
    [False, True, True, False]
    """
    part = tags.code(dataset, "BodyPartExamined")
    return part not in _NOTHING_SAID and not _names_chest_alone(part)


def described_elsewhere(dataset: Dataset) -> bool:
    """The header names no body part, and its descriptions speak only of another region.

    (0008,2218) *Anatomic Region Sequence* and the free texts of study, series and protocol.
    """
    if tags.code(dataset, "BodyPartExamined") not in _NOTHING_SAID:
        return False
    regions = (tags.code(item, "CodeMeaning") for item in tags.items(dataset, _REGION))
    words = _words(" ".join([*regions, *(tags.code(dataset, text) for text in _DESCRIPTIONS)]))
    return bool(words & ELSEWHERE) and not words & CHEST


_REGION = "AnatomicRegionSequence"


def _names_chest_alone(part: str) -> bool:
    """Say whether some word names the chest and none another region."""
    words = _words(part)
    return bool(words & CHEST) and not words & ELSEWHERE


def _words(text: str) -> frozenset[str]:
    """Split at everything that is no letter."""
    return frozenset(re.findall(r"[^\W\d_]+", text))
