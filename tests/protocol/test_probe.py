"""What a peer says to C-ECHO, and to each service that is proposed."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.builders.examined import Obedient
from tests.builders.scripted import Accepts, first_syntax, scripted_pacs
from triage.send import probe
from triage.send.association import Association
from triage.send.message import C_ECHO_RQ
from triage.send.stored import IMPLICIT

T = TypeVar("T")


def asked(pacs: Obedient, act: Callable[[Association], T], *, jpeg: bool = False) -> T:
    """Ask a scripted PACS in an association that proposes everything."""
    with scripted_pacs(pacs) as running:
        association = Association(
            running.peer,
            calling_ae_title="TRIAGE",
            proposals=probe.proposals(jpeg=jpeg),
            timeout_s=5.0,
        )
        answer = act(association)
        association.release()
    return answer


def only(*services: str) -> Accepts:
    return lambda abstract, proposed: proposed[0] if abstract in services else None


def implicit_alone(_abstract: str, proposed: list[str]) -> str | None:
    return IMPLICIT if IMPLICIT in proposed else None


@pytest.mark.parametrize("status", [0x0000, 0x0122])
def test_an_echo_returns_its_status(status: int) -> None:
    assert asked(Obedient({C_ECHO_RQ: status}), probe.echo) == status


def test_an_echo_that_is_not_accepted_has_none() -> None:
    assert asked(Obedient(accepts=only(probe.SECONDARY_CAPTURE)), probe.echo) is None


@pytest.mark.parametrize(("accepts", "syntaxes"), [(first_syntax, 2), (implicit_alone, 1)])
def test_each_transfer_syntax_is_answered_alone(accepts: Accepts, syntaxes: int) -> None:
    offers = asked(Obedient(accepts=accepts), lambda one: [*probe.offers(one)])

    assert [offer.abstract_syntax for offer in offers] == [*probe.SERVICES]
    assert {len(offer.accepted) for offer in offers} == {syntaxes}
    assert {len(offer.refused) for offer in offers} == {2 - syntaxes}


def test_what_is_refused_says_why() -> None:
    offers = asked(Obedient(accepts=implicit_alone), lambda one: [*probe.offers(one)])

    assert offers[0].refused == ("Explicit VR Little Endian: abstract syntax not supported",)


@pytest.mark.parametrize(("jpeg", "syntaxes"), [(True, 3), (False, 2)])
def test_jpeg_is_proposed_for_captures_alone(*, jpeg: bool, syntaxes: int) -> None:
    offers = asked(Obedient(), lambda one: [*probe.offers(one)], jpeg=jpeg)

    counts = {offer.abstract_syntax: len(offer.accepted) for offer in offers}
    assert counts.pop(probe.SECONDARY_CAPTURE) == syntaxes
    assert set(counts.values()) == {2}
