"""The way of a result, rehearsed with a test object: store, commitment, C-FIND, C-MOVE."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from triage.daemon.advice import advise_on_move, advise_on_store
from triage.daemon.ear import Ear, listening_ear
from triage.daemon.examination import Step, Verdict, Visit
from triage.domain.errors import DeliveryParked
from triage.encode.trial import (
    PATIENT_ID,
    PATIENT_NAME,
    SERIES_UID,
    STUDY_UID,
    Compress,
    trial_object,
)
from triage.overlay.compression import to_jpeg
from triage.send import commitment, query
from triage.send.retrieve import STUDY_ROOT_MOVE, Wanted, answer_to_move
from triage.send.scu import Verdict as Fate
from triage.send.scu import meaning, status_of_store
from triage.send.stored import StoredObject, stored_object
from triage.settings.sections import Picture

SUCCESS = 0x0000
LOOK_EVERY_S = 0.25
INDEXED_WITHIN_S = 5.0
"""So long an object may take from a PACS' answer to its index."""


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """What every step of it needs."""

    visit: Visit
    ear: Ear
    stored: StoredObject

    @property
    def wanted(self) -> Wanted:
        """The test object, as a C-MOVE names it."""
        return Wanted(STUDY_UID, SERIES_UID, self.stored.sop_instance_uid)

    @property
    def address(self) -> str:
        """Where the PACS finds our listener."""
        listener = self.visit.settings.listener
        return f"this machine ({listener.host} in listener.host), port {listener.port}"


def rehearse(visit: Visit) -> Iterator[Step]:
    """Store a new test object, then ask for it in each way that the PACS offers.

    Raises:
        ConfigurationError: a TLS file cannot be used.
    """
    trial = trial_object(_compress(visit.settings.picture))
    with (
        TemporaryDirectory(prefix="triage-doctor-") as folder,
        listening_ear(visit.settings, trial.sop_instance_uid) as ear,
    ):
        file = Path(folder) / "trial.dcm"
        file.write_bytes(trial.encoded)
        visit.on_report = ear.take_in_association
        rehearsal = _Rehearsal(visit, ear, stored_object(file))
        tried = f"C-STORE of a test object of patient {PATIENT_NAME} ({PATIENT_ID})"
        stored = visit.tried(Step("store", tried), partial(_store, rehearsal))
        yield stored
        if stored.verdict is Verdict.FAILED:
            return
        for service, step, act in STEPS:
            if service in visit.offered:
                needed = visit.needs(service)
                yield visit.tried(step, partial(act, rehearsal), needed=needed)


def _compress(picture: Picture) -> Compress | None:
    if picture.compression == "none":
        return None
    return partial(to_jpeg, quality=picture.jpeg_quality)


def _store(rehearsal: _Rehearsal, step: Step) -> Step:
    visit = rehearsal.visit
    try:
        status = status_of_store(visit.association(), rehearsal.stored, peer=visit.case.peer)
    except DeliveryParked as error:
        return step.noted(str(error), "let the PACS take Secondary Capture", failed=True)
    said = f"{status:#06x}: {meaning(status).words}"
    if status == SUCCESS:
        return replace(step, answer=said)
    lost = meaning(status).verdict is not Fate.STORED
    return step.noted(said, advise_on_store(status, visit.case), failed=lost)


def _commit(rehearsal: _Rehearsal, step: Step) -> Step:
    visit, ear = rehearsal.visit, rehearsal.ear
    needed = visit.needs(commitment.PUSH_MODEL)
    reference = (rehearsal.stored.sop_class_uid, rehearsal.stored.sop_instance_uid)
    with ear.expecting(visit.case.peer):
        status = commitment.request_commitment(
            visit.association(), transaction_uid=ear.transaction_uid, references=[reference]
        )
        if status != SUCCESS:
            change = f"let the PACS commit to what {visit.case.title} stores; its log says why not"
            said = "not accepted any more" if status is None else f"{status:#06x} to the request"
            return step.noted(said, change, failed=needed)
        came = _within(visit.settings.pacs.timeout_s, visit, ear.has_heard)
    if not came:
        said = f"no report within {visit.settings.pacs.timeout_s:g} s"
        return step.noted(said, _why_unheard(rehearsal), failed=needed)
    denial = ear.denial()
    if denial is not None:
        said = f"the report, {ear.reported}, {denial}"
        return step.noted(said, "the PACS' log says why it does not keep it", failed=True)
    return replace(step, answer=f"reported {ear.reported}")


def _why_unheard(rehearsal: _Rehearsal) -> str:
    title = rehearsal.visit.case.title
    if rehearsal.ear.turned_away:
        refused = rehearsal.ear.turned_away[0]
        caller = f"{refused.calling_ae_title or 'somebody'}@{refused.host}"
        return f"{caller} came and was turned away ({refused.sentence}): `triage learn` tells more"
    return (
        f"let the PACS report to {title} at {rehearsal.address}, and list it in listener.allowed;"
        ' or set pacs.proof = "query"'
    )


def _find(rehearsal: _Rehearsal, step: Step) -> Step:
    visit, found = rehearsal.visit, False
    needed = visit.needs(query.STUDY_ROOT_FIND)
    status: int | None = SUCCESS

    def look() -> bool:
        """Ask once; there is no need to ask again where it is found, or refused."""
        nonlocal status, found
        status, found = query.look_up(visit.association(), rehearsal.stored)
        return found or status != SUCCESS

    _within(INDEXED_WITHIN_S, visit, look)
    if found:
        return replace(step, answer="found")
    if status != SUCCESS:
        change = f"permit {visit.case.title} to query at the PACS; its log says why not"
        return step.noted(f"{status or 0:#06x}", change, failed=needed)
    change = "look for the test patient at the PACS: it may wait in a list of unmatched studies"
    return step.noted("not found, though it was stored", change, failed=needed)


def _move(rehearsal: _Rehearsal, step: Step) -> Step:
    visit, title = rehearsal.visit, rehearsal.visit.case.title
    needed = visit.needs(STUDY_ROOT_MOVE)
    answer = answer_to_move(visit.association(), rehearsal.wanted, to_ae_title=title)
    status, failed = (answer.status, answer.failed_operations) if answer else (SUCCESS, 0)
    if status != SUCCESS or failed:
        change = advise_on_move(status, failed=failed, title=title, address=rehearsal.address)
        return step.noted(f"{status:#06x}, {failed} failed", change, failed=needed)
    came = rehearsal.ear.came_back.is_set()
    if rehearsal.ear.listens and not came:
        change = f"correct where the PACS thinks {title} is: {rehearsal.address}"
        return step.noted(f"{status:#06x}, but nothing came", change, failed=needed)
    return replace(step, answer=f"{status:#06x}, {'came here' if came else 'sent to the daemon'}")


def _within(seconds: float, visit: Visit, true: Callable[[], bool]) -> bool:
    """Wait until something is so, and serve the association meanwhile."""
    pause, deadline = threading.Event(), monotonic() + seconds
    while not true():
        if monotonic() >= deadline:
            return False
        began = monotonic()
        visit.attend(within_s=LOOK_EVERY_S)
        pause.wait(LOOK_EVERY_S - (monotonic() - began))
    return True


STEPS: tuple[tuple[str, Step, Callable[[_Rehearsal, Step], Step]], ...] = (
    (
        commitment.PUSH_MODEL,
        Step("commitment", "Storage Commitment of the test object"),
        _commit,
    ),
    (query.STUDY_ROOT_FIND, Step("find", "C-FIND of it at IMAGE level"), _find),
    (STUDY_ROOT_MOVE, Step("move", "C-MOVE of it to the listener"), _move),
)
"""After the store, in this order, each where its service is accepted."""
