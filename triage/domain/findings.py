"""Lists of findings such as ``Mass|Effusion``, as ChestX-ray14 and label files write them."""

from collections.abc import Iterable

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, HEADS

NO_FINDING = "No Finding"
_BETWEEN, _DETAIL = "|", ":"


def read_findings(text: str, *, film: str, heads: Iterable[str] = ()) -> frozenset[str] | None:
    """Read the list of one film; it is complete, so what it does not name is absent.

    Where somebody left a head open, the list is not complete: nothing is known by it, and its
    words are not judged.

    Args:
        text: names of ``CHESTXRAY14`` with bars between them, each with a detail after a colon
            or none; or ``No Finding`` alone.
        film: whose list it is, for messages.
        heads: what is said of the film's heads beside the list; empty is unknown.

    Returns:
        The findings; ``None`` where they are unknown: the text or a head is empty.

    Raises:
        UnusableList: a word is no finding, or ``No Finding`` stands beside one.

    >>> sorted(read_findings("Mass|Pneumonia:viral", film="1.png"))
    ['Mass', 'Pneumonia']
    >>> read_findings("No Finding", film="1.png"), read_findings("", film="1.png")
    (frozenset(), None)
    """
    if not text or not all(heads):
        return None
    if text == NO_FINDING:
        return frozenset()
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
