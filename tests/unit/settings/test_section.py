"""What sections are made of."""

import pytest
from pydantic import ValidationError

from triage.domain.study import Peer
from triage.settings.section import Destination, listed


def test_a_destination_is_a_peer() -> None:
    found = Destination(ae_title="PACS", host="10.1.2.3", port=104)

    assert found.peer == Peer("PACS", "10.1.2.3", 104)


@pytest.mark.parametrize("ae_title", ["", "A" * 17, "BACK\\SLASH"])
def test_a_title_is_what_the_standard_allows(ae_title: str) -> None:
    with pytest.raises(ValidationError):
        Destination(ae_title=ae_title, host="10.1.2.3", port=104)


def test_text_is_read_as_json_and_the_rest_is_left_alone() -> None:
    assert listed('["a"]') == ["a"]
    assert listed(("a",)) == ("a",)
