"""Whether everything that was sent can be found again: kept and judged, or refused and noted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select

from tests.builders.raw import Answer, RawClient
from tests.builders.shipment import Shipment
from triage.database import schema
from triage.domain.study import FilmState

TERMINAL = {FilmState.ASSESSED, FilmState.NOT_ASSESSED, FilmState.QUARANTINED}


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent under which calling AE title, and what came back."""

    shipment: Shipment
    calling: str
    answer: Answer


def send_all(shipments: Sequence[Shipment], port: int) -> list[Sent]:
    """Send each in an association of its own, under a title of its own."""
    return [_send(shipment, f"F{number}", port) for number, shipment in enumerate(shipments)]


def _send(shipment: Shipment, calling: str, port: int) -> Sent:
    with RawClient(port) as modality:
        context = (shipment.sop_class_uid, [shipment.transfer_syntax_uid])
        answer = modality.associate([context], calling=calling)
        if answer.kind == "accept":
            status = modality.store(
                shipment.data_set,
                shipment.sop_instance_uid,
                sop_class_uid=shipment.sop_class_uid,
            )
            answer = Answer("end" if status is None else "response", status=status)
            modality.release()
    return Sent(shipment, calling, answer)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of each shipment, in a few words, by its calling AE title."""

    ends: Mapping[str, str]

    @classmethod
    def of(cls, sent: Sequence[Sent], engine: Engine) -> "Account":
        """Look up the instances and the door's book."""
        films, refusals = dict(_films(engine)), dict(_refusals(engine))
        ends = {
            one.calling: films.get(one.shipment.digest, "")
            if one.answer.status == 0
            else refusals.get((one.calling, one.answer.status), "")
            for one in sent
        }
        return cls(ends)

    @property
    def missing(self) -> set[str]:
        """The titles whose shipments have no end."""
        return {calling for calling, end in self.ends.items() if not end}

    def table(self) -> str:
        """Count the shipments by their ends, one line each."""
        counted = Counter(self.ends.values()).most_common()
        return "\n".join(f"{count:5} {end or 'NOTHING IS KNOWN OF THEM'}" for end, count in counted)


def _films(engine: Engine) -> Iterator[tuple[str, str]]:
    """Name the end of each film that has one: its state and, unless assessed, code and words."""
    table = schema.instance.c
    with engine.begin() as connection:
        for row in connection.execute(
            select(table.digest, table.state, table.code, table.sentence)
        ):
            told = row.state == FilmState.ASSESSED or (row.code and row.sentence)
            if row.state in TERMINAL and told:
                yield row.digest, f"kept, {row.state} {row.code or ''}".rstrip()


def _refusals(engine: Engine) -> Iterator[tuple[tuple[str, int | None], str]]:
    """Name each entry of the door's book that says who, from where, and why."""
    table = schema.door_event.c
    columns = (table.calling_ae_title, table.host, table.status, table.sentence)
    with engine.begin() as connection:
        for row in connection.execute(select(*columns)):
            if row.calling_ae_title and row.host and row.sentence:
                status = "no answer" if row.status is None else f"{row.status:#06x}"
                yield (row.calling_ae_title, row.status), f"refused at the door, {status}"
