import pytest
from pynetdicom import build_context, build_role
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)

from tests.builders.dataset import CR, IMPLICIT
from tests.builders.pdus import associate_rq
from tests.builders.studies import EXPLICIT
from triage.receive.contexts import VERIFICATION
from triage.receive.negotiation import Unsupported, negotiate, titles
from triage.receive.pdu import ProtocolError

STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
ITEM_20 = 74 + 4 + len("1.2.840.10008.3.1.1.1")
"""Where the first presentation context begins: after the application context."""
JPEG_XL = "1.2.840.10008.1.2.4.110"


def request(*proposed: tuple[str, list[str]], calling: str = "CR1", roles: bool = False) -> bytes:
    """Encode an association request as pynetdicom does."""
    contexts = [build_context(name, syntaxes) for name, syntaxes in proposed]
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    longest, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    longest.maximum_length_received = 16_384
    implementation.implementation_class_uid = "1.2.3"
    asked = A_ASSOCIATE()
    asked.application_context_name = "1.2.840.10008.3.1.1.1"
    asked.calling_ae_title, asked.called_ae_title = calling, "TRIAGE"
    asked.presentation_context_definition_list = contexts
    role = [build_role(CR, scu_role=True, scp_role=True)] if roles else []
    asked.user_information = [longest, implementation, *role]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(asked)
    encoded: bytes = pdu.encode()
    return encoded


STORE = request((CR, [EXPLICIT]))
APPLICATION, ABSTRACT = STORE.index(b"\x10\0\0\x15"), STORE.index(b"\x30\0\0\x19")


def test_titles_are_read_from_the_request() -> None:
    assert titles(STORE) == ("CR1", "TRIAGE")


def test_a_title_is_fit_to_be_shown() -> None:
    hostile = STORE.replace(b"CR1" + b" " * 13, b"\x1b[2J\r\n'); DROP\xff\0")

    assert titles(hostile)[0] == "?[2J??'); DROP??"


def test_a_storage_class_is_accepted_in_a_syntax_that_can_be_read() -> None:
    agreed = negotiate(request((CR, [JPEG_XL, IMPLICIT, EXPLICIT])))

    assert agreed.transfer_syntaxes == {1: IMPLICIT}


def test_a_syntax_that_cannot_be_read_is_accepted_where_it_is_the_only_one() -> None:
    assert negotiate(request((CR, [JPEG_XL]))).transfer_syntaxes == {1: JPEG_XL}


def test_verification_is_accepted() -> None:
    agreed = negotiate(request((VERIFICATION, [IMPLICIT]), (CR, [EXPLICIT])))

    assert agreed.transfer_syntaxes == {1: IMPLICIT, 3: EXPLICIT}
    assert agreed.storage_only


def test_what_is_no_storage_is_not_accepted_and_needs_no_other_way() -> None:
    agreed = negotiate(request((STORAGE_COMMITMENT, [IMPLICIT]), (CR, [EXPLICIT])))

    assert agreed.storage_only
    assert agreed.transfer_syntaxes == {3: EXPLICIT}


def test_a_private_class_is_storage() -> None:
    assert negotiate(request(("1.2.826.0.1.3680043.8.498.7", [EXPLICIT]))).storage_only


def test_the_answer_is_what_pynetdicom_reads() -> None:
    pdu = A_ASSOCIATE_AC()
    pdu.decode(negotiate(request((CR, [EXPLICIT]), (STORAGE_COMMITMENT, [IMPLICIT]))).accept)
    answer = pdu.to_primitive()

    results = answer.presentation_context_definition_results_list
    assert [(context.context_id, context.result) for context in results] == [(1, 0), (3, 3)]
    assert answer.maximum_length_received == 131_072


def test_a_role_that_is_proposed_is_answered() -> None:
    agreed = negotiate(request((CR, [EXPLICIT]), roles=True))

    assert CR.encode() in agreed.accept.partition(b"\x54")[2]


def test_the_peers_maximum_length_is_kept() -> None:
    assert negotiate(STORE).peer_maximum_length == 16_384


@pytest.mark.parametrize("cut", [40, 80, 100, 150, -1])
def test_a_request_that_is_cut_short_is_an_error_of_the_protocol(cut: int) -> None:
    broken = STORE[:2] + (len(STORE[6:cut])).to_bytes(4, "big") + STORE[6:cut]

    with pytest.raises(ProtocolError, match="association request"):
        negotiate(broken)


@pytest.mark.parametrize(
    ("begin", "lengths"),
    [(ABSTRACT, (5, ABSTRACT - 5)), (APPLICATION, (5,))],
    ids=["abstract syntax", "application context"],
)
def test_a_request_that_names_too_little_is_an_error_of_the_protocol(
    begin: int, lengths: tuple[int, ...]
) -> None:
    item = 4 + STORE[begin + 3]
    broken = bytearray(STORE)
    for length in lengths:
        broken[length] -= item
    del broken[begin : begin + item]

    with pytest.raises(ProtocolError, match="association request: "):
        negotiate(bytes(broken))


@pytest.mark.parametrize(("many", "answered"), [(128, True), (129, False)])
def test_there_are_no_more_contexts_than_ids(many: int, answered: bool) -> None:
    proposed = associate_rq([(CR, [EXPLICIT])] * 128)
    if answered:
        assert len(negotiate(proposed).transfer_syntaxes) == many
        return
    one_more = proposed + proposed[ITEM_20 : ITEM_20 + 4 + proposed[ITEM_20 + 3]]

    with pytest.raises(ProtocolError, match=f"{many} contexts, 128 IDs"):
        negotiate(one_more[:2] + (len(one_more) - 6).to_bytes(4, "big") + one_more[6:])


def test_an_id_that_comes_twice_is_an_error_of_the_protocol() -> None:
    proposed = bytearray(associate_rq([(CR, [EXPLICIT])] * 2))
    second = ITEM_20 + 4 + proposed[ITEM_20 + 3]
    proposed[second + 4] = proposed[ITEM_20 + 4]

    with pytest.raises(ProtocolError, match="2 contexts, 1 IDs"):
        negotiate(bytes(proposed))


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(7, 2, (1, 2, 2)), (ITEM_20 - 1, ord("7"), (1, 1, 2))],
    ids=["protocol version", "application context"],
)
def test_another_protocol_is_rejected(place: int, value: int, reason: tuple[int, int, int]) -> None:
    asked = bytearray(STORE)
    asked[place] = value

    with pytest.raises(Unsupported) as told:
        negotiate(bytes(asked))

    rejection = told.value.rejection
    assert (rejection.result, rejection.source, rejection.reason) == reason


def test_a_request_without_titles_is_an_error_of_the_protocol() -> None:
    with pytest.raises(ProtocolError, match="association request of 73 bytes"):
        titles(STORE[:73])
