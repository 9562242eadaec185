"""Lists of findings of films that are trained on."""

from collections.abc import Iterable

from triage.domain import findings as lists
from triage.domain.errors import UnusableList
from triage.domain.labels import HEADS


def read_findings(text: str, *, film: str, heads: Iterable[str] = ()) -> frozenset[str] | None:
    """Read the list of one film, as ``domain.findings.read_findings`` does.

    Raises:
        UnusableList: a word is no finding; the list and ``film`` are named.
    """
    try:
        return lists.read_findings(text, heads=heads)
    except ValueError as error:
        raise UnusableList(f"findings {text!r:.60} of {film}: {error}") from error


def heads_of(findings: frozenset[str]) -> dict[str, str]:
    """Tell of each head whether one of its findings is there, in the words of ``labels.csv``.

    >>> heads_of(frozenset({"Mass"}))
    {'tumour': '1', 'inflammation': '0'}
    """
    return {head: str(int(bool(parts & findings))) for head, parts in HEADS.items()}
