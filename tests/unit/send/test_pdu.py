"""PDUs of a requestor."""

import pytest

from tests.builders.dataset import CR
from tests.builders.studies import EXPLICIT
from triage.receive.negotiation import negotiate, titles
from triage.send.failure import Broken
from triage.send.pdu import (
    COMMAND,
    LAST,
    Accepted,
    Proposal,
    associate_rq,
    fragments,
    p_data,
    read_associate_ac,
    rejection,
)

IMPLICIT = "1.2.840.10008.1.2"
PROPOSALS = [Proposal(CR, (EXPLICIT,)), Proposal(CR, (IMPLICIT,)), Proposal("1.2.3", (IMPLICIT,))]
REQUEST = associate_rq(PROPOSALS, calling="TRIAGE", called="PACS")


def test_a_request_names_both_titles() -> None:
    assert titles(REQUEST) == ("TRIAGE", "PACS")


def test_an_acceptor_understands_the_request_and_we_its_answer() -> None:
    answer = negotiate(REQUEST).accept

    agreement = read_associate_ac(answer, PROPOSALS)

    assert agreement.find(CR, IMPLICIT) == Accepted(3, CR, IMPLICIT)
    assert agreement.find(CR) == Accepted(1, CR, EXPLICIT)
    assert agreement.find("1.2.4") is None
    assert agreement.peer_maximum_length == 131_072


def test_a_request_offers_the_role_of_an_scp_once_for_a_class() -> None:
    films = [Proposal(CR, (EXPLICIT,), as_scp=True), Proposal(CR, (IMPLICIT,), as_scp=True)]
    item = bytes.fromhex("54 00 00 1d 00 19") + CR.encode() + bytes((0, 1))

    request = associate_rq(films, calling="TRIAGE", called="PACS")

    assert request.count(item) == 1
    assert REQUEST.count(bytes.fromhex("54 00 00 1d")) == 0


def test_a_syntax_that_was_not_proposed_is_not_accepted() -> None:
    answer = negotiate(REQUEST).accept

    agreement = read_associate_ac(answer, [Proposal(CR, ("1.2.840.10008.1.2.4.70",))])

    assert agreement.contexts == ()


@pytest.mark.parametrize("answer", [b"", bytes(80), bytes(range(100))])
def test_an_answer_that_is_none_breaks_the_protocol(answer: bytes) -> None:
    with pytest.raises(Broken, match="broke the protocol"):
        read_associate_ac(answer, PROPOSALS)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (bytes((0, 1, 1, 3)), "permanent: calling AE title not recognized"),
        (bytes((0, 2, 3, 2)), "transient: local limit exceeded"),
        (bytes((0, 2, 9, 9)), "transient: source 9, reason 9"),
        (b"", "rejected the association"),
    ],
)
def test_a_rejection_tells_its_reason(body: bytes, words: str) -> None:
    assert words in str(rejection(body))


@pytest.mark.parametrize("longest", [0, 16, 17, 64, 131_072])
def test_a_message_that_is_cut_into_pdus_is_whole_again(longest: int) -> None:
    message = bytes(range(201))

    pieces = p_data(message, context_id=3, control=COMMAND, maximum_length=longest)

    parts = [part for head in pieces[::2] for part in [bytes(head)]]
    pdus = [head[6:] + bytes(piece) for head, piece in zip(parts, pieces[1::2], strict=True)]
    found = [fragment for body in pdus for fragment in fragments(body)]
    assert b"".join(data for *_, data in found) == message
    assert [bool(control & LAST) for _, control, _ in found] == [False] * (len(found) - 1) + [True]
    assert all(len(body) <= (longest or 131_072) for body in pdus)


@pytest.mark.parametrize("body", [b"\0\0", b"\0\0\0\x09\x01\x03ab", b"\0\0\0\x01\x01\x03"])
def test_a_fragment_that_contradicts_itself_breaks_the_protocol(body: bytes) -> None:
    with pytest.raises(Broken, match="PDV"):
        list(fragments(body))
