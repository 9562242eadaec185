"""From which side a film was taken, as far as the header tells."""

from pydicom.dataset import Dataset

from triage.decode import tags
from triage.domain.film import View

VIEWS = {
    "PA": View.PA,
    "AP": View.AP,
    "R-40888": View.PA,
    "R-10206": View.AP,
    "272479007": View.PA,
    "399348003": View.AP,
}
"""*View Position* and CID 4010 view codes (SNOMED RT and CT) that name a frontal view."""

NOT_FRONTAL = frozenset(
    {
        *("LL", "RL", "LAT", "LATERAL", "LLAT", "RLAT", "LLD", "RLD", "SAGITTAL", "DECUBITUS"),
        *("RLO", "LLO", "LAO", "RAO", "LPO", "RPO", "OBL", "OBLIQUE", "AXIAL", "TANGENTIAL"),
        *("AXL", "LORDOTIC", "MLO", "CC", "ML", "LM", "LMO", "XCCL", "FB", "SIO", "ISO"),
        *("R-102CD", "R-10236", "R-10232", "R-10228", "R-10224"),
        *("R-102C1", "R-10220", "R-40985", "R-10212", "R-10210", "R-10204", "R-10238"),
        *("R-10234", "R-10208", "R-10216", "R-40783", "R-10241", "R-102C2"),
        *("399067008", "399173006", "399198007", "399352003", "399260004"),
        *("399182000", "399135007", "399356000", "399006002", "399038007", "399160007"),
        *("399184004", "399236003", "399312000", "399059000", "260427002", "399061009"),
        "399110001",
    }
)
"""Lateral, decubitus, oblique and mammographic views (PS3.3 C.8.1.1, PS3.16 CID 4010)."""


def view(dataset: Dataset) -> View:
    """Tell the frontal view; ``UNKNOWN`` where the header names none."""
    named = (VIEWS[name] for name in _names(dataset) if name in VIEWS)
    return next(named, View.UNKNOWN)


def view_not_frontal(dataset: Dataset) -> str:
    """Return the first name of a view that is not frontal, ``""`` where there is none.

    >>> film = Dataset(); film.ViewPosition = "LL"; view_not_frontal(film)
    'LL'
    """
    return next((name for name in _names(dataset) if name in NOT_FRONTAL), "")


def _names(dataset: Dataset) -> tuple[str, ...]:
    """Collect the words of (0018,5101) *View Position* and the codes of (0054,0220)."""
    coded = (tags.code(item, "CodeValue") for item in tags.items(dataset, "ViewCodeSequence"))
    return (*tags.code(dataset, "ViewPosition").split(), *coded)
