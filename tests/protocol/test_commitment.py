"""Reports of storage commitment at the listener, in both data phases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE, build_context, build_role
from pynetdicom.association import Association

from tests.builders.dataset import CR, IMPLICIT
from tests.builders.keeper import MemoryKeeper
from tests.builders.studies import EXPLICIT
from tests.protocol.conftest import listening
from triage.receive.report import PUSH_MODEL
from triage.receive.scp import StorageSCP
from triage.receive.visitor import Serving

INSTANCE = "1.2.840.10008.1.20.1.1"


@dataclass
class Told:
    """Takes reports, and keeps them."""

    status: int = 0x0000
    reports: list[tuple[int, int, str]] = field(default_factory=list)

    def take(
        self, encoded: bytes, *, transfer_syntax_uid: str, event_type: int, ae_title: str
    ) -> int:
        assert transfer_syntax_uid in {EXPLICIT, IMPLICIT}
        self.reports.append((len(encoded), event_type, ae_title))
        return self.status


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def scp(keeper: MemoryKeeper, told: Told, data_phase: Serving | None) -> Iterator[StorageSCP]:
    with listening(keeper, data_phase=data_phase, reports=told) as scp:
        yield scp


@contextmanager
def pacs(
    scp: StorageSCP, *, scp_role: bool = True, scu_role: bool = False, syntax: str = EXPLICIT
) -> Iterator[Association]:
    """Associate as a PACS that reports, with a context for storage too."""
    entity = AE("PACS")
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 10.0
    contexts = [build_context(PUSH_MODEL, syntax), build_context(CR, syntax)]
    roles: list[Any] = (
        [build_role(PUSH_MODEL, scp_role=True, scu_role=scu_role)] if scp_role else []
    )
    association = entity.associate(
        "127.0.0.1", scp.port, contexts, ae_title="TRIAGE", ext_neg=roles
    )
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def information(*, items: int = 1) -> Dataset:
    told = Dataset()
    told.TransactionUID = "2.25.9"
    told.ReferencedSOPSequence = []
    for number in range(items):
        item = Dataset()
        item.ReferencedSOPClassUID = CR
        item.ReferencedSOPInstanceUID = f"2.25.{number + 1}"
        told.ReferencedSOPSequence.append(item)
    return told


def report(association: Association, *, event: int = 1, items: int = 1) -> int | None:
    status, _ = association.send_n_event_report(
        information(items=items), event, PUSH_MODEL, INSTANCE
    )
    answered = status.get("Status")
    return None if answered is None else int(answered)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_report_is_taken_with_who_sends_it(scp: StorageSCP, told: Told, syntax: str) -> None:
    with pacs(scp, syntax=syntax) as association:
        status = report(association, event=2)

    assert status == 0x0000
    assert [(event, title) for _, event, title in told.reports] == [(2, "PACS")]


def test_several_reports_in_one_association_are_kept_apart(scp: StorageSCP, told: Told) -> None:
    with pacs(scp) as association:
        statuses = [report(association, items=items) for items in (1, 2, 1)]

    assert statuses == [0x0000] * 3
    assert told.reports[0][0] == told.reports[2][0] < told.reports[1][0]


def test_a_report_of_two_thousand_instances_is_taken(scp: StorageSCP, told: Told) -> None:
    with pacs(scp) as association:
        status = report(association, items=2000)

    assert (status, len(told.reports)) == (0x0000, 1)


def test_what_the_taker_says_is_answered(scp: StorageSCP, told: Told) -> None:
    told.status = 0x0115

    with pacs(scp) as association:
        assert report(association) == 0x0115


@pytest.mark.parametrize("scu_role", [True, False])
def test_who_proposes_to_be_the_scp_is_answered_so(scp: StorageSCP, scu_role: bool) -> None:
    with pacs(scp, scu_role=scu_role) as association:
        (context,) = [
            cx for cx in association.accepted_contexts if cx.abstract_syntax == PUSH_MODEL
        ]

    assert (context.as_scp, context.as_scu) == (True, False)


def test_we_never_are_the_scp_of_storage_commitment(scp: StorageSCP) -> None:
    with pacs(scp, scp_role=False) as association:
        accepted = {str(context.abstract_syntax) for context in association.accepted_contexts}

    assert accepted == {CR}


def test_a_listener_without_a_taker_accepts_none(
    keeper: MemoryKeeper, data_phase: Serving | None
) -> None:
    with listening(keeper, data_phase=data_phase) as scp, pacs(scp) as association:
        accepted = {str(context.abstract_syntax) for context in association.accepted_contexts}

    assert accepted == {CR}
