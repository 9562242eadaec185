"""One instance on its way in: checked, written and kept, or refused; the same on every path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from triage.domain.door import DoorCode, Refused
from triage.domain.errors import RejectedInstance
from triage.receive.arrival import Inspection
from triage.receive.keeper import Draft, Keeper, Reports

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
MOST_PIECES = 64

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who opened an association, as the request and the socket say."""

    ae_title: str
    host: str


class Visit:
    """An association's stay: it is noted with its first instance, and when it has ended.

    Args:
        keeper: where instances go.
        caller: who opened the association.
        reports: takes reports of storage commitment; without it there are none.
    """

    def __init__(self, keeper: Keeper, caller: Caller, reports: Reports | None = None) -> None:
        self.keeper = keeper
        self.caller = caller
        self.reports = reports
        self._number: int | None = None

    @property
    def number(self) -> int:
        """The association's number; noted now, if it was not before."""
        if self._number is None:
            self._number = self.keeper.opened(
                calling_ae_title=self.caller.ae_title, host=self.caller.host
            )
        return self._number

    def end(self) -> None:
        """Note that the association has ended, if it ever stored something."""
        number, self._number = self._number, None
        if number is not None:
            self.keeper.closed(number)


class Intake:
    """One C-STORE: its bytes go to a draft until something is wrong, then nowhere.

    Args:
        visit: the association that it belongs to.
        sop_class_uid, sop_instance_uid: of the command, as they came.
        transfer_syntax_uid: of the accepted presentation context.
        inspect: holds the data set against its command.
    """

    def __init__(
        self,
        visit: Visit,
        *,
        sop_class_uid: str,
        sop_instance_uid: str,
        transfer_syntax_uid: str,
        inspect: Callable[..., Inspection] = Inspection,
    ) -> None:
        self._visit = visit
        self._draft: Draft | None = None
        self._rejection: RejectedInstance | None = None
        self._bytes = 0
        try:
            self._inspection = inspect(
                sop_class_uid=sop_class_uid,
                sop_instance_uid=sop_instance_uid,
                transfer_syntax_uid=transfer_syntax_uid,
            )
            self._draft = visit.keeper.draft()
            self._draft.write([self._inspection.header])
        except RejectedInstance as rejection:
            self._reject(rejection)

    def feed(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Take the next bytes of the data set; they are not read after this returns."""
        if self._draft is None:
            return
        if len(pieces) > MOST_PIECES:  # of a sender with tiny PDVs
            pieces = [b"".join(pieces)]
        try:
            for piece in pieces:
                self._inspection.feed(piece)
                self._bytes += len(piece)
            self._draft.write(pieces)
        except RejectedInstance as rejection:
            self._reject(rejection)

    def finish(self) -> tuple[int, str]:
        """Keep the instance, or refuse it; return the status to answer and a failure's reason.

        0x0000 is returned only for what is kept.
        """
        if self._draft is not None:
            try:
                self._keep(self._draft)
            except RejectedInstance as rejection:
                self._reject(rejection)
            except Exception as error:  # the one place of this process: the sender keeps its film
                sentence = f"unexpected {type(error).__name__}"
                self._reject(RejectedInstance(PROCESSING_FAILURE, sentence))
        if self._rejection is None:
            return SUCCESS, ""
        return self._tell(self._rejection)

    def cut(self) -> None:
        """Drop what came of an instance whose association ended before its last byte."""
        if self._draft is not None:
            self._draft.discard()
            self._draft = None

    def refuse(self, rejection: RejectedInstance) -> None:
        """Refuse the instance, whatever its bytes are."""
        self._reject(rejection)

    def _keep(self, draft: Draft) -> None:
        arrival = self._inspection.finish()
        new = draft.keep(arrival, association_id=self._visit.number)
        logger.info(
            "instance kept" if new else "instance was here already",
            instance=arrival.sop_instance_uid,
            study=arrival.study_uid,
            bytes=self._bytes,
        )

    def _reject(self, rejection: RejectedInstance) -> None:
        self.cut()
        # Its frames hold the data phase with its buffer, and us: a circle that waits for the gc.
        self._rejection = rejection.with_traceback(None)

    def _tell(self, rejection: RejectedInstance) -> tuple[int, str]:
        caller, sentence = self._visit.caller, str(rejection)
        logger.warning(
            "instance refused",
            calling=caller.ae_title,
            host=caller.host,
            status=f"{rejection.status:#06x}",
            reason=sentence,
        )
        self._visit.keeper.refused(
            Refused(
                DoorCode.INSTANCE,
                caller.host,
                sentence,
                calling_ae_title=caller.ae_title,
                status=rejection.status,
            )
        )
        return rejection.status, sentence
