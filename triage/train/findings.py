"""Lists of findings such as ``Mass|Effusion``, as ChestX-ray14 and label files write them."""

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, HEADS

NO_FINDING = "No Finding"
_BETWEEN, _DETAIL = "|", ":"


def read_findings(text: str, *, film: str) -> frozenset[str] | None:
    """Read the list of one film; it is complete, so what it does not name is absent.

    Args:
        text: names of ``CHESTXRAY14`` with bars between them, each with a detail after a colon
            or none; or ``No Finding`` alone.
        film: whose list it is, for messages.

    Returns:
        The findings; ``None`` where the text is empty, which is unknown.

    Raises:
        UnusableList: a word is no finding, or ``No Finding`` stands beside one.

    >>> sorted(read_findings("Mass|Pneumonia:viral", film="1.png"))
    ['Mass', 'Pneumonia']
    >>> read_findings("No Finding", film="1.png"), read_findings("", film="1.png")
    (frozenset(), None)
    """
    if text in ("", NO_FINDING):
        return frozenset() if text else None
    words = [word.partition(_DETAIL)[0] for word in text.split(_BETWEEN)]
    unknown = [word for word in words if word not in CHESTXRAY14]
    if unknown:
        raise UnusableList(
            f"findings {text!r:.60} of {film}: {unknown[0]!r:.40} is none of"
            f" {', '.join(CHESTXRAY14)}; {NO_FINDING} stands alone"
        )
    return frozenset(words)


def heads_of(findings: frozenset[str]) -> dict[str, str]:
    """Tell of each head whether one of its findings is there, in the words of ``labels.csv``.

    >>> heads_of(frozenset({"Mass"}))
    {'tumour': '1', 'inflammation': '0'}
    """
    return {head: str(int(bool(parts & findings))) for head, parts in HEADS.items()}
