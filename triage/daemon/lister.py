"""Puts a day's list together: what the PACS has, and how urgent what was scheduled is."""

import threading
from collections.abc import Sequence
from datetime import date, timedelta

import structlog

from triage.domain.study import Peer
from triage.domain.worklist import ExpectedStudy, Listing, Urgency
from triage.send import modality_worklist, query
from triage.send.archive import Archive, ListedStudy
from triage.send.failure import Broken, Failure
from triage.send.modality_worklist import Scheduled
from triage.send.pdu import Proposal
from triage.send.session import Session
from triage.settings import Settings
from triage.settings.tls import handshake_of

NO_FILMS = "scheduled, and the PACS lists no film of it"

logger = structlog.get_logger(__name__)


class Lister:
    """Asks the PACS, and the Modality Worklist where there is one.

    Args:
        settings: of the whole daemon.
        stop: set it to break the asking off between two studies.
    """

    def __init__(self, settings: Settings, *, stop: threading.Event | None = None) -> None:
        self._settings = settings
        self._stop = stop or threading.Event()
        self._back = timedelta(days=settings.worklist.days_back)

    def list(self, day: date) -> Listing:
        """List what is expected for a day and the days before it.

        Raises:
            Broken: the PACS cannot be reached, or went away, or it was left.
        """
        first = day - self._back
        choice = self._settings.worklist
        pacs = (choice.pacs or self._settings.pacs).peer
        session = self._session(pacs, query.PROPOSAL)
        try:
            archive = Archive(session)
            studies = archive.studies(first, day)
            expected = [self._expect(archive, study) for study in studies]
        finally:
            session.close()
        steps, gaps = self._steps(first, day)
        told = [f"{gap} ({times} times)" for gap, times in archive.gaps.items()]
        found = [study for study in expected if study is not None]
        logger.info("worklist asked", studies=len(found), scheduled=len(steps), gaps=len(gaps))
        return put_together(studies, found, steps, gaps=[*told, *gaps])

    def _expect(self, archive: Archive, study: ListedStudy) -> ExpectedStudy | None:
        if self._stop.is_set():
            raise Broken(Failure.LEFT)
        return archive.expect(study)

    def _steps(self, first: date, last: date) -> tuple[Sequence[Scheduled], Sequence[str]]:
        """Ask the Modality Worklist; without it nothing is urgent, and that is told."""
        choice = self._settings.worklist.mwl
        if choice is None:
            return (), ()
        session = self._session(choice.peer, modality_worklist.PROPOSAL)
        try:
            return modality_worklist.scheduled(session, first, last)
        except Broken as broken:
            return (), (f"Modality Worklist {choice.peer} {broken}",)
        finally:
            session.close()

    def _session(self, peer: Peer, proposal: Proposal) -> Session:
        return Session(
            peer,
            calling_ae_title=self._settings.listener.ae_title,
            proposals=[proposal],
            timeout_s=self._settings.pacs.timeout_s,
            tls=handshake_of(self._settings, peer),
        )


def put_together(
    listed: Sequence[ListedStudy],
    expected: Sequence[ExpectedStudy],
    steps: Sequence[Scheduled],
    *,
    gaps: Sequence[str],
) -> Listing:
    """Give each study the urgency of its request, by its UID or else its accession number.

    Some modalities make a Study Instance UID of their own, and some more than one for a request.
    Of several requests the most urgent counts. What is scheduled and has no film is listed too, and
    says so.
    """
    at_the_pacs = {study.study_uid for study in expected}
    by_accession: dict[str, list[str]] = {}
    for study in listed:
        if study.accession_number:
            by_accession.setdefault(study.accession_number, []).append(study.study_uid)
    urgencies: dict[str, Urgency] = {}
    absent: dict[str, ExpectedStudy] = {}
    for step in steps:
        uids = [step.study_uid]
        if step.study_uid not in at_the_pacs:
            uids = by_accession.get(step.accession_number, uids)
        for uid in uids:
            urgencies[uid] = max(step.urgency, urgencies.get(uid, Urgency.LOW))
            if uid not in at_the_pacs:
                absent[uid] = ExpectedStudy(uid, left_out=NO_FILMS)
    return Listing((*expected, *absent.values()), urgencies, tuple(gaps))
