from dataclasses import FrozenInstanceError

import pytest

from triage.domain.study import DeliveryState, FilmState, Peer, StudyState


def test_a_peer_reads_as_its_address() -> None:
    assert str(Peer("PACS", "10.0.0.1", 104)) == "PACS@10.0.0.1:104"


def test_an_ipv6_address_is_spelt_out_in_brackets_and_stored_without() -> None:
    peer = Peer("PACS", "2001:db8::7", 104)

    assert (peer.spelt_out, str(peer)) == ("PACS@[2001:db8::7]:104", "PACS@2001:db8::7:104")


def test_a_value_does_not_change() -> None:
    peer = Peer("PACS", "10.0.0.1", 104)

    with pytest.raises(FrozenInstanceError):
        peer.port = 105  # type: ignore[misc]  # that is what is refused


@pytest.mark.parametrize("states", [StudyState, FilmState, DeliveryState])
def test_a_state_is_written_as_its_name(
    states: type[StudyState | FilmState | DeliveryState],
) -> None:
    assert [str(state) for state in states] == [state.name for state in states]
