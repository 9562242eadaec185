"""Examines a PACS: what was tried, what it answered, and what a person changes about it."""

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from triage.daemon.advice import Case
from triage.daemon.examination import Examination, Step, Visit, milliseconds_since
from triage.daemon.rehearsal import rehearse
from triage.send import commitment, probe, query
from triage.send.pdu import Proposal
from triage.send.probe import Offer
from triage.send.stored import IMPLICIT
from triage.settings import Settings

SUCCESS = 0x0000
NO_JPEG = "picture.compression = none"
INSTEAD = {
    commitment.PUSH_MODEL: (query.STUDY_ROOT_FIND, "query"),
    query.STUDY_ROOT_FIND: (commitment.PUSH_MODEL, "commitment"),
}
"""What else proves, and its name in the settings."""


def examine(settings: Settings, case: Case, *, store: bool) -> Examination:
    """Go through the steps; after one that results need and that failed, none is tried.

    Args:
        settings: of the daemon.
        case: the PACS.
        store: whether a test object is stored there.

    Raises:
        ConfigurationError: a TLS file cannot be used.
    """
    visit = Visit(settings, case)
    steps = [visit.tried(Step("echo", "C-ECHO"), lambda step: echo(visit, step))]
    if _is_well(steps):
        steps += _contexts(visit)
    if store and visit.is_destination and _is_well(steps):
        steps += rehearse(visit)
    visit.leave()
    return Examination(case.peer.spelt_out, case.tls is not None, tuple(steps))


def echo(visit: Visit, step: Step) -> Step:
    """Verify, in an association that proposes nothing else; the time is that of the C-ECHO alone.

    Raises:
        Broken: there is no association, or it ended.
    """
    association = visit.associate([Proposal(probe.VERIFICATION, (IMPLICIT,))])
    began = monotonic()
    status = probe.echo(association)
    step = replace(step, ms=milliseconds_since(began))
    association.release()
    title = visit.case.title
    if status is None:
        return step.noted("not accepted", f"let the PACS take Verification of {title}")
    if status != SUCCESS:
        return step.noted(f"{status:#06x}", f"permit {title} at the PACS; its log says why not")
    return replace(step, answer=f"{status:#06x}")


def _is_well(steps: list[Step]) -> bool:
    return Examination("", tls=False, steps=tuple(steps)).is_well


def _contexts(visit: Visit) -> Iterator[Step]:
    """Tell what the PACS lets us do; one association proposes everything."""
    found: list[Offer] = []

    def ask(step: Step) -> Step:
        """Keep what is said to each service."""
        found.extend(probe.offers(visit.association()))
        return step

    asked = visit.tried(Step("contexts", "an association that proposes every service"), ask)
    if not found:
        yield asked
    for offer in found:
        if offer.abstract_syntax != probe.VERIFICATION:
            yield _told(offer, visit)


def _told(offer: Offer, visit: Visit) -> Step:
    step = Step("context", probe.SERVICES[offer.abstract_syntax])
    if offer.accepted and _lacks_jpeg(offer, visit):
        change = f"let the PACS take JPEG Baseline of {visit.case.title}, or set {NO_JPEG}"
        return step.noted(", ".join(offer.accepted), change, failed=True)
    if offer.accepted:
        return replace(step, answer=", ".join(offer.accepted))
    said = ", ".join(offer.refused) or "not accepted"
    service = offer.abstract_syntax
    return step.noted(said, _what_lacks(service, visit), failed=visit.needs(service))


def _lacks_jpeg(offer: Offer, visit: Visit) -> bool:
    """Tell whether captures go there compressed, and would all be parked."""
    compressed = visit.settings.picture.compression == "jpeg"
    captures = offer.abstract_syntax == probe.SECONDARY_CAPTURE
    return compressed and captures and visit.is_destination and not offer.takes(probe.JPEG)


def _what_lacks(service: str, visit: Visit) -> str:
    """Say what to change where a service is not accepted."""
    let = f"let the PACS take {probe.SERVICES[service]} of {visit.case.title}"
    if service == probe.SECONDARY_CAPTURE:
        jpeg = visit.settings.picture.compression == "jpeg"
        return f"{let}, in {'JPEG Baseline' if jpeg else 'Explicit or Implicit VR Little Endian'}"
    if service in INSTEAD and visit.is_destination:
        other, proof = INSTEAD[service]
        if other in visit.offered:
            return f'{let}, or set pacs.proof = "{proof}"'
        return f"{let}, or {probe.SERVICES[other]}: without either every result ends SENT_UNPROVEN"
    if service == commitment.PUSH_MODEL:
        return f"{let}, should results go there"
    return f"{let}, should the nightly worklist use it"
