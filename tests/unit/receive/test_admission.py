import pytest

from triage.domain.door import DoorCode
from triage.receive.admission import Admission
from triage.receive.pdu import CALLED_AE_NOT_RECOGNIZED, CALLING_AE_NOT_RECOGNIZED

FRIENDS = Admission([("CR1", "10.0.0.1"), ("CR2", "10.2.0.0/16"), ("CR1", "fd00::1")])


def admits(admission: Admission, calling: str, host: str, called: str = "TRIAGE") -> bool:
    return admission.objection(calling=calling, called=called, host=host) is None


@pytest.mark.parametrize(
    ("calling", "host"),
    [
        ("CR1", "10.0.0.1"),
        ("CR1 ", "10.0.0.1"),
        (" CR2", "10.2.3.4"),
        ("CR1", "fd00::1"),
        ("CR1", "fd00::1%eth0"),
        ("CR1", "::ffff:10.0.0.1"),
    ],
)
def test_a_listed_peer_is_admitted(calling: str, host: str) -> None:
    assert admits(FRIENDS, calling, host)


@pytest.mark.parametrize(
    ("calling", "host"),
    [("CR1", "10.0.0.2"), ("cr1", "10.0.0.1"), ("", "10.0.0.1"), ("CR2", "10.3.0.1")],
)
def test_title_and_address_must_belong_together(calling: str, host: str) -> None:
    objection = FRIENDS.objection(calling=calling, called="TRIAGE", host=host)

    assert objection is not None
    assert (objection.code, objection.rejection) == (DoorCode.CALLING, CALLING_AE_NOT_RECOGNIZED)


def test_an_empty_list_admits_everybody() -> None:
    assert admits(Admission(), "ANYBODY", "10.9.9.9", called="ANYTHING")


def test_a_called_title_that_is_not_ours_is_objected_to() -> None:
    ours = Admission(called=["TRIAGE"])

    objection = ours.objection(calling="CR1", called="PACS", host="10.0.0.1")

    assert objection is not None
    assert (objection.code, objection.rejection) == (DoorCode.CALLED, CALLED_AE_NOT_RECOGNIZED)
    assert admits(ours, "CR1", "10.0.0.1", called=" TRIAGE ")
