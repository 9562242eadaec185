"""Which part of the body a text names, in the words that modalities use."""

import re

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

NOTHING_SAID = frozenset({"", "UNKNOWN", "UNSPECIFIED", "UNDEFINED", "OTHER", "NONE", "NA", "N/A"})
"""What is written where nobody says anything."""


def part_elsewhere(part: str) -> bool:
    """Tell whether (0018,0015) *Body Part Examined* names something that is not the chest alone.

    >>> [part_elsewhere(part) for part in ("RIBCAGE", "hand", "CHEST ABDOMEN", "")]
    [False, True, True, False]
    """
    part = part.strip().upper()
    found = words_of(part)
    return part not in NOTHING_SAID and not (found & CHEST and not found & ELSEWHERE)


def words_of(text: str) -> frozenset[str]:
    """Split at everything that is no letter."""
    return frozenset(re.findall(r"[^\W\d_]+", text))
