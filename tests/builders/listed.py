"""Lists of a day, as a PACS would give them."""

from collections.abc import Mapping

from triage.domain.worklist import ExpectedSeries, ExpectedStudy, Listing, Urgency


def study_of(uid: str, *films: str, count: int = 0) -> ExpectedStudy:
    """Expect films of one series by name, or so many of them."""
    return ExpectedStudy(uid, (ExpectedSeries(f"{uid}.1", count or len(films), films),))


def listing(*studies: ExpectedStudy, urgent: Mapping[str, Urgency] | None = None) -> Listing:
    """List studies, and how urgent some are."""
    return Listing(studies, urgent or {})
