import pytest

from triage.domain.command_set import ELEMENT, read_elements

ONE = ELEMENT.pack(0, 0x0900, 2) + b"\x00\x00"


def test_every_element_has_its_value() -> None:
    other = ELEMENT.pack(0, 0x0110, 2) + b"\x07\x00"

    assert read_elements(ONE + other) == {0x0900: b"\x00\x00", 0x0110: b"\x07\x00"}


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (ONE[:5], "cut short"),
        (ONE[:-1], "no command set"),
        (ELEMENT.pack(8, 0x0018, 0), "no command set"),
    ],
)
def test_what_is_no_command_set_is_refused(encoded: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_elements(encoded)
