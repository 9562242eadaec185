"""Lists of findings such as ``Mass|Effusion``, as ChestX-ray14 and label files write them."""

from collections.abc import Iterable

from triage.domain.labels import CHESTXRAY14

NO_FINDING = "No Finding"
_BETWEEN, _DETAIL = "|", ":"


def read_findings(text: str, *, heads: Iterable[str] = ()) -> frozenset[str] | None:
    """Read the list of one film; it is complete, so what it does not name is absent.

    Where somebody left a head open, the list is not complete: nothing is known by it, and its
    words are not judged.

    Args:
        text: names of ``CHESTXRAY14`` with bars between them, each with a detail after a colon
            or none; or ``No Finding`` alone.
        heads: what is said of the film's heads beside the list; empty is unknown.

    Returns:
        The findings; ``None`` where they are unknown: the text or a head is empty.

    Raises:
        ValueError: a word is no finding, or ``No Finding`` stands beside one.

    >>> sorted(read_findings("Mass|Pneumonia:viral"))
    ['Mass', 'Pneumonia']
    >>> read_findings("No Finding"), read_findings(""), read_findings("Mass", heads=["1", ""])
    (frozenset(), None, None)
    """
    if not text or not all(heads):
        return None
    if text == NO_FINDING:
        return frozenset()
    words = [word.partition(_DETAIL)[0] for word in text.split(_BETWEEN)]
    unknown = [word for word in words if word not in CHESTXRAY14]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r:.40} is none of {', '.join(CHESTXRAY14)}; {NO_FINDING} stands alone"
        )
    return frozenset(words)
