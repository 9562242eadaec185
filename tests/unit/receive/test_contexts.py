import pytest
from pydicom.uid import UID

from triage.receive.contexts import TRANSFER_SYNTAXES, readable_first


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES)
def test_every_readable_syntax_is_a_transfer_syntax_of_the_standard(syntax: str) -> None:
    assert UID(syntax).is_transfer_syntax


def test_what_can_be_read_comes_first_in_the_peers_order() -> None:
    unreadable, jpeg, explicit = "1.2.3", TRANSFER_SYNTAXES[5], TRANSFER_SYNTAXES[0]

    assert readable_first([unreadable, jpeg, explicit]) == [jpeg, explicit, unreadable]
