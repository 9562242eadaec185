"""Failures in words."""

from triage.send.failure import Broken, Failure


def test_a_failure_is_told_with_its_detail() -> None:
    assert str(Broken(Failure.CLOSED, "released by the peer")) == (
        "closed the connection (released by the peer)"
    )


def test_a_failure_without_detail_is_told_alone() -> None:
    assert str(Broken(Failure.SILENT)) == "did not answer in time"
