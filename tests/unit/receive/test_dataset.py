import struct
import zlib

import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate

from tests.builders.dataset import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    encoded,
    film_dataset,
    read_elements,
)
from tests.builders.studies import EXPLICIT, STUDY
from triage.domain.errors import RejectedInstance
from triage.domain.nesting import MOST_NESTED
from triage.receive.dataset import DEEPEST, ElementWalk, InflatingWalk

STUDY_UID, PATIENT = 0x0020000D, 0x00100010
ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
UNDEFINED, NOTHING = b"\xff\xff\xff\xff", bytes(4)


def study_uid(contents: bytes, syntax: str = EXPLICIT) -> bytes:
    found = read_elements(contents, transfer_syntax_uid=syntax, wanted=frozenset({STUDY_UID}))
    return found[STUDY_UID].rstrip(b"\0")


def refusal(contents: bytes, syntax: str = EXPLICIT) -> str:
    with pytest.raises(RejectedInstance) as rejection:
        read_elements(contents, transfer_syntax_uid=syntax, wanted=frozenset())
    assert rejection.value.status == 0xC000
    return str(rejection.value)


def deflated(contents: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(contents) + deflater.flush()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_a_value_is_read_in_every_encoding(syntax: str) -> None:
    contents = encoded(film_dataset(), transfer_syntax_uid=syntax)

    assert study_uid(contents, syntax) == STUDY.encode()


def test_a_deflated_data_set_is_inflated_first() -> None:
    assert study_uid(deflated(encoded(film_dataset())), DEFLATED) == STUDY.encode()


def test_what_is_not_wanted_is_not_returned() -> None:
    found = read_elements(
        encoded(film_dataset()), transfer_syntax_uid=EXPLICIT, wanted=frozenset({STUDY_UID})
    )

    assert set(found) == {STUDY_UID}


def test_a_nested_value_is_not_taken_for_the_data_sets_own() -> None:
    other = Dataset()
    other.StudyInstanceUID = "2.25.999"

    assert study_uid(encoded(film_dataset(RequestAttributesSequence=[other]))) == STUDY.encode()


@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_sequences_of_either_length_are_walked(syntax: str, undefined: bool) -> None:
    inner, outer = Dataset(), Dataset()
    inner.PatientName = "Doe^Jane"
    outer.RequestAttributesSequence = [inner, Dataset()]
    film = film_dataset(RequestAttributesSequence=[outer, inner])
    film["RequestAttributesSequence"].is_undefined_length = undefined

    assert study_uid(encoded(film, transfer_syntax_uid=syntax), syntax) == STUDY.encode()


def test_fragments_of_pixel_data_are_walked() -> None:
    film = film_dataset(PixelData=encapsulate([b"one", b"two", b"four"]))
    film["PixelData"].VR = "OB"
    film["PixelData"].is_undefined_length = True

    assert study_uid(encoded(film)) == STUDY.encode()


def test_an_empty_data_set_is_whole() -> None:
    assert read_elements(b"", transfer_syntax_uid=EXPLICIT, wanted=frozenset()) == {}


def test_a_data_set_that_ends_in_a_header_is_cut_short() -> None:
    assert refusal(b"\x08\x00\x16\x00UI") == "data set: cut short inside an element's header"


def test_a_data_set_that_ends_in_a_value_is_cut_short() -> None:
    contents = b"\x10\x00\x10\x00PN\x08\x00Doe"

    assert refusal(contents) == "data set: element 00100010 announces 8 bytes, 3 are left"


@pytest.mark.parametrize(
    "contents",
    [
        b"\x40\x00\x75\x02SQ\x00\x00" + UNDEFINED,
        b"\x40\x00\x75\x02SQ\x00\x00" + UNDEFINED + ITEM + UNDEFINED,
        b"\x40\x00\x75\x02SQ\x00\x00" + UNDEFINED + ITEM + UNDEFINED + ITEM_END + NOTHING,
        b"\xe0\x7f\x10\x00OB\x00\x00" + UNDEFINED + ITEM + b"\x04\x00\x00\x00ab",
    ],
)
def test_a_sequence_that_does_not_end_is_cut_short(contents: bytes) -> None:
    assert "data set: " in refusal(contents)


def test_a_delimiter_outside_of_a_sequence_is_refused() -> None:
    assert "FFFEE0DD outside of a sequence" in refusal(SEQUENCE_END + NOTHING)


def test_what_is_no_element_is_refused() -> None:
    assert "has no value representation" in refusal(b"GET / HTTP/1.1\r\n")


def test_nesting_has_a_limit() -> None:
    level = b"\x40\x00\x75\x02SQ\x00\x00" + UNDEFINED + ITEM + UNDEFINED

    assert refusal(level * DEEPEST) == f"data set: sequences nested deeper than {MOST_NESTED}"


def test_nesting_below_the_limit_is_walked() -> None:
    begin = b"\x40\x00\x75\x02SQ\x00\x00" + UNDEFINED + ITEM + UNDEFINED
    end = ITEM_END + NOTHING + SEQUENCE_END + NOTHING

    levels = DEEPEST // 2

    contents = begin * levels + end * levels
    assert read_elements(contents, transfer_syntax_uid=EXPLICIT, wanted=frozenset()) == {}


def test_a_deflated_data_set_that_is_cut_short_is_refused() -> None:
    assert (
        refusal(deflated(encoded(film_dataset()))[:-4], DEFLATED) == "data set: deflate: cut short"
    )


def test_what_is_not_deflated_is_refused() -> None:
    assert "data set: deflate: " in refusal(b"\xff\xff\xff\xff", DEFLATED)


def test_what_inflates_without_measure_is_refused() -> None:
    elements = ElementWalk(frozenset(), implicit=False, order="<")
    walk = InflatingWalk(elements, most_bytes=1000)

    with pytest.raises(RejectedInstance, match="inflates to more than 1000 bytes"):
        walk.feed(deflated(encoded(film_dataset(PixelData=bytes(2000)))))


def test_an_unknown_element_of_undefined_length_holds_implicit_elements() -> None:
    inside = b"\x10\x00\x10\x00" + struct.pack("<I", 4) + b"Doe "
    item = ITEM + UNDEFINED + inside + ITEM_END + NOTHING
    contents = b"\x09\x00\x10\x10UN\x00\x00" + UNDEFINED + item + SEQUENCE_END + NOTHING

    assert read_elements(contents, transfer_syntax_uid=EXPLICIT, wanted=frozenset({PATIENT})) == {}
