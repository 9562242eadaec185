import pytest
from pydicom.uid import UID

from triage.receive.admission import (
    TRANSFER_SYNTAXES,
    VERIFICATION,
    Admission,
    readable_first,
    storage_contexts,
)

FRIENDS = Admission(frozenset({("CR1", "10.0.0.1"), ("CR2", "10.0.0.2")}))


@pytest.mark.parametrize(
    ("ae_title", "host"), [("CR1", "10.0.0.1"), ("CR1 ", "10.0.0.1"), (" CR2", "10.0.0.2")]
)
def test_a_listed_peer_is_admitted_with_or_without_padding(ae_title: str, host: str) -> None:
    assert FRIENDS.admits(ae_title, host)


@pytest.mark.parametrize(
    ("ae_title", "host"), [("CR1", "10.0.0.2"), ("cr1", "10.0.0.1"), ("", "10.0.0.1"), ("CR3", "")]
)
def test_title_and_host_must_belong_together(ae_title: str, host: str) -> None:
    assert not FRIENDS.admits(ae_title, host)


def test_an_empty_list_admits_everybody() -> None:
    assert Admission().admits("ANYBODY", "10.9.9.9")


def test_every_standard_storage_class_is_offered() -> None:
    offered = [str(context.abstract_syntax) for context in storage_contexts()]

    assert {"1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.88.11"} <= set(offered)
    assert len(offered) > 150


def test_verification_is_offered_first() -> None:
    assert storage_contexts()[0].abstract_syntax == VERIFICATION


@pytest.mark.parametrize("syntax", TRANSFER_SYNTAXES)
def test_every_accepted_syntax_is_a_transfer_syntax_of_the_standard(syntax: str) -> None:
    assert UID(syntax).is_transfer_syntax


def test_what_can_be_read_comes_first_in_the_peers_order() -> None:
    unreadable, jpeg, explicit = "1.2.3", TRANSFER_SYNTAXES[5], TRANSFER_SYNTAXES[0]

    assert readable_first([unreadable, jpeg, explicit]) == [jpeg, explicit, unreadable]
