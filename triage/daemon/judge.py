"""What becomes of one received instance: an assessment, a refusal, or quarantine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from time import perf_counter

import structlog

from triage.database import results
from triage.database.engine import Engine
from triage.database.results import NO_NUMBER, Outcome, Parcel, Timing
from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import DeliveryParked, UnassessableFilm
from triage.domain.study import FilmState, Instance
from triage.encode.header import accession, identity, read_source, text
from triage.pipeline import AssessedFilm, Route, too_old
from triage.settings import Pacs
from triage.spool import Spool

UNTRUSTED = frozenset(
    {RefusalCode.UNREADABLE, RefusalCode.TOO_LARGE, RefusalCode.DECODER, RefusalCode.OWN_RESULT}
)
"""Refusals of files whose header only the decoder's child may read, or tells nothing new."""

logger = structlog.get_logger(__name__)


class Judge:
    """Decides each instance of a study; writes nothing but encoded results.

    Args:
        engine: to look up repeats and own results.
        route: the stations.
        films: the spool that the listener fills.
        results: where encoded captures go.
        pacs: where they are to be sent, if at all.
    """

    def __init__(
        self, engine: Engine, route: Route, *, films: Spool, results: Spool, pacs: Pacs
    ) -> None:
        self._engine = engine
        self._route = route
        self._films = films
        self._results = results
        self._pacs = pacs

    def decide(self, instance: Instance) -> Outcome:
        """Decide one instance; a repeat is judged by its pixels and its identity first."""
        path = self._films.path(instance.digest)
        corrects = False
        try:
            earlier = self._earlier(instance)
            if earlier and not self._same_pixels(earlier[0], path):
                return self._quarantined(instance)
            corrects = self._corrects(earlier, path)
            assessed = self._route.assess(path)
        except UnassessableFilm as error:
            return _refused(instance, path, error.refusal, corrects=corrects)
        return self._assessed(instance, path, assessed, corrects=corrects)

    def _earlier(self, instance: Instance) -> list[Path]:
        """Return the files that came before under this SOP Instance UID, and are not swept yet.

        Raises:
            UnassessableFilm: it is a result of ours.
        """
        with self._engine.begin() as connection:
            own = results.is_own_result(connection, instance.sop_instance_uid)
            receipts = results.receipts_of(connection, instance.sop_instance_uid)
        if own:
            raise UnassessableFilm(Refusal(RefusalCode.OWN_RESULT, "a capture of ours came back"))
        paths = [self._films.path(each.digest) for each in receipts if each.id < instance.id]
        return [path for path in paths if path.exists()]

    def _corrects(self, earlier: Sequence[Path], path: Path) -> bool:
        """Tell whether a film came before, and never with this identity.

        An identity that it had counts no more: who sends the film as it was before its correction
        does not take the correction back.

        Raises:
            UnassessableFilm: the same film came with this identity before.
        """
        same = [each for each in earlier if identity(each) == identity(path)]
        if any(self._same_pixels(each, path) for each in same):
            raise UnassessableFilm(
                Refusal(RefusalCode.DUPLICATE, "the same pixels and identity came before")
            )
        return bool(earlier)

    def _same_pixels(self, earlier: Path, path: Path) -> bool:
        return self._route.decoder.same_pixels(earlier, path)

    def _quarantined(self, instance: Instance) -> Outcome:
        sentence = "other pixels came before under this SOP Instance UID; the first are kept"
        logger.warning("film quarantined", instance=instance.sop_instance_uid, reason=sentence)
        refusal = Refusal(RefusalCode.CONFLICT, sentence)
        return Outcome(instance.id, FilmState.QUARANTINED, refusal=refusal)

    def _assessed(
        self, instance: Instance, path: Path, assessed: AssessedFilm, *, corrects: bool
    ) -> Outcome:
        kept_back = self._kept_back(instance, path, assessed)
        timing = Timing(assessed.decode_s, assessed.screen_s, assessed.infer_s)
        outcome = Outcome(
            instance.id,
            FilmState.ASSESSED,
            assessment=assessed.assessment,
            view=assessed.film.view,
            notes=assessed.film.notes,
            origin=assessed.film.origin,
            accession=accession(path),
            not_returned=kept_back,
            corrects=corrects,
            timing=timing,
        )
        return outcome if kept_back else self._with_parcels(outcome, instance, path, assessed)

    def _kept_back(self, instance: Instance, path: Path, assessed: AssessedFilm) -> str | None:
        """Say why nothing is returned for this film, or ``None``."""
        if not assessed.assessment.flagged:
            return "not flagged, nothing to return"
        if not self._pacs.returns:
            return "flagged, not returned: pacs.return is false"
        today = instance.received_at.astimezone(UTC).date()
        study_date = text(read_source(path), "StudyDate")
        if too_old(study_date, today=today, most_days=self._pacs.return_max_age_days):
            limit = self._pacs.return_max_age_days
            return f"flagged, not returned: the study is older than {limit} days"
        return None

    def _with_parcels(
        self, outcome: Outcome, instance: Instance, path: Path, assessed: AssessedFilm
    ) -> Outcome:
        """Add the captures that the PACS is to get, durably kept before anything tells of them."""
        labels = [finding.label for finding in assessed.assessment.flagged]
        modality = text(read_source(path), "Modality")
        destinations = [str(peer) for peer in self._pacs.receivers(labels, modality)]
        received_at = instance.received_at
        try:
            made = [
                self._route.compose(path, assessed, received_at=received_at, page=page)
                for page in self._route.pages(assessed)
            ]
        except DeliveryParked as error:
            reason = f"identity: {error}"
            parked = (Parcel(each, None, None, parked=reason) for each in destinations)
            return replace(outcome, parcels=tuple(parked))
        begin = perf_counter()
        digests = [self._results.write([page.capture.encoded]) for page in made]
        timing = replace(
            outcome.timing,
            overlay_s=sum(page.overlay_s for page in made),
            encode_s=sum(page.encode_s for page in made),
            keep_s=perf_counter() - begin,
        )
        kept = [(page.capture.sop_instance_uid, d) for page, d in zip(made, digests, strict=True)]
        parcels = (Parcel(each, uid, digest) for each in destinations for uid, digest in kept)
        return replace(outcome, parcels=tuple(parcels), timing=timing)


def _refused(instance: Instance, path: Path, refusal: Refusal, *, corrects: bool) -> Outcome:
    number = NO_NUMBER if refusal.code in UNTRUSTED else accession(path)
    return Outcome(
        instance.id,
        FilmState.NOT_ASSESSED,
        refusal=refusal,
        accession=number,
        corrects=corrects,
    )
