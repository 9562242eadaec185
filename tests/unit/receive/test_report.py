"""Storage Commitment reports, read."""

import pytest

from tests.builders.dataset import IMPLICIT
from tests.builders.reported import report_data_set
from tests.builders.studies import EXPLICIT
from triage.receive.report import RefusedReport, read_report


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_report_names_what_is_committed_and_what_is_not(syntax: str) -> None:
    data_set = report_data_set(
        "2.25.9", committed=["2.25.1"], failed={"2.25.2": 0x0112}, transfer_syntax_uid=syntax
    )

    report = read_report(data_set, transfer_syntax_uid=syntax, event_type=2)

    assert (report.transaction_uid, report.committed) == ("2.25.9", ("2.25.1",))
    assert report.failed == {"2.25.2": 0x0112}


@pytest.mark.parametrize("data_set", [b"", report_data_set(""), b"\x08\x00\x95\x11UI\xff\xff"])
def test_what_is_no_report_is_refused(data_set: bytes) -> None:
    with pytest.raises(RefusedReport) as refused:
        read_report(data_set, transfer_syntax_uid=EXPLICIT, event_type=1)

    assert refused.value.status == 0x0115


def test_an_event_that_the_service_does_not_know_is_refused() -> None:
    with pytest.raises(RefusedReport, match="event type 3") as refused:
        read_report(report_data_set("2.25.9"), transfer_syntax_uid=EXPLICIT, event_type=3)

    assert refused.value.status == 0x0113
