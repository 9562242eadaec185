import pytest

from tests.unit.decode.headers import header
from triage.decode.origin import LONGEST_DEVICE, origin
from triage.domain.origin import Origin, Sex


def test_a_film_tells_its_device_and_the_group_of_its_patient() -> None:
    dataset = header(
        Manufacturer="ACME",
        ManufacturerModelName="X1",
        StationName="ROOM 1",
        PatientSex="F",
        PatientAge="061Y",
    )

    assert origin(dataset) == Origin("ACME X1 / ROOM 1", Sex.FEMALE, "60-79")


def test_what_the_header_does_not_tell_is_absent() -> None:
    assert origin(header(PatientAge=None)) == Origin(None, None, None)


@pytest.mark.parametrize(
    ("changes", "device"),
    [
        ({"StationName": "ROOM 1"}, "ROOM 1"),
        ({"Manufacturer": "ACME"}, "ACME"),
        ({"ManufacturerModelName": "X1", "StationName": "R"}, "X1 / R"),
    ],
)
def test_a_device_is_named_by_what_there_is(changes: dict[str, str], device: str) -> None:
    assert origin(header(**changes)).device == device


def test_a_device_of_a_hostile_name_is_one_printable_line_of_limited_length() -> None:
    device = origin(header(StationName="R\x1b[2J\n" + "x" * 500)).device

    assert device is not None
    assert device.isprintable()
    assert len(device) == LONGEST_DEVICE


@pytest.mark.parametrize("sex", ["W", "DOE^JANE", ""])
def test_a_sex_that_the_standard_does_not_know_is_absent(sex: str) -> None:
    assert origin(header(PatientSex=sex)).sex is None
