"""The walk over a received data set, against pydicom as the writer."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from tests.builders.dataset import BIG_ENDIAN, DEFLATED, IMPLICIT, encoded, read_elements
from tests.builders.studies import EXPLICIT
from triage.domain.errors import RejectedInstance

TEXTS = ("PatientName", "PatientComments", "StudyDescription", "StationName", "TextValue")
SEQUENCES = ("RequestAttributesSequence", "SourceImageSequence", "ReferencedStudySequence")
SYNTAXES = (EXPLICIT, IMPLICIT, BIG_ENDIAN)

letters = st.text("ABCabc 123", max_size=16).map(str.strip)
syntaxes = st.sampled_from(SYNTAXES)


def made(texts: dict[str, str], sequences: dict[str, list[Dataset]], pixels: bytes) -> Dataset:
    """Make a data set of texts, sequences and pixels; every second sequence has no length."""
    dataset = Dataset()
    for keyword, text in texts.items():
        setattr(dataset, keyword, text)
    for number, (keyword, items) in enumerate(sequences.items()):
        setattr(dataset, keyword, items)
        dataset[keyword].is_undefined_length = number % 2 == 0
    dataset.PixelData = pixels
    dataset["PixelData"].VR = "OB"
    return dataset


def datasets(items: st.SearchStrategy[Dataset]) -> st.SearchStrategy[Dataset]:
    """Data sets whose sequences hold such items."""
    texts = st.dictionaries(st.sampled_from(TEXTS), letters, max_size=5)
    sequences = st.dictionaries(st.sampled_from(SEQUENCES), st.lists(items, max_size=2), max_size=2)
    pixels = st.binary(max_size=30).map(lambda value: value + bytes(len(value) % 2))
    return st.builds(made, texts, sequences, pixels)


nested = st.recursive(st.builds(Dataset), datasets, max_leaves=4)
whole = datasets(nested)


def top(dataset: Dataset) -> frozenset[int]:
    """Return the tags of a data set's own elements that are no sequences."""
    return frozenset(int(element.tag) for element in dataset if element.VR != "SQ")


@given(whole, syntaxes)
def test_the_walk_reads_what_pydicom_wrote(dataset: Dataset, syntax: str) -> None:
    contents = encoded(dataset, transfer_syntax_uid=syntax)

    found = read_elements(contents, transfer_syntax_uid=syntax, wanted=top(dataset))

    assert set(found) == set(top(dataset))
    texts = {tag: value.decode().rstrip(" ") for tag, value in found.items() if tag >> 16 < 0x7FE0}
    assert texts == {tag: str(dataset[tag].value or "") for tag in texts}


@given(whole, st.sampled_from([EXPLICIT, IMPLICIT]))
def test_a_data_set_is_whole_only_where_a_top_level_element_ends(
    dataset: Dataset, syntax: str
) -> None:
    contents = encoded(dataset, transfer_syntax_uid=syntax)
    ends, begun = {0}, Dataset()
    for element in dataset:
        begun.add(element)
        ends.add(len(encoded(begun, transfer_syntax_uid=syntax)))

    accepted = {
        length for length in range(len(contents) + 1) if is_whole(contents[:length], syntax)
    }

    assert accepted == ends


@given(st.binary(max_size=200), st.sampled_from([*SYNTAXES, DEFLATED]))
@settings(max_examples=300)
def test_no_bytes_raise_anything_but_a_rejection(contents: bytes, syntax: str) -> None:
    is_whole(contents, syntax)


@given(whole, syntaxes, st.data())
def test_no_damage_raises_anything_but_a_rejection(
    dataset: Dataset, syntax: str, data: st.DataObject
) -> None:
    contents = bytearray(encoded(dataset, transfer_syntax_uid=syntax))
    place = data.draw(st.integers(0, len(contents) - 1))
    contents[place] = data.draw(st.integers(0, 255))

    is_whole(bytes(contents), syntax)


def is_whole(contents: bytes, syntax: str) -> bool:
    """Tell whether the walk accepts this; any other error than a rejection comes through."""
    try:
        read_elements(contents, transfer_syntax_uid=syntax, wanted=frozenset())
    except RejectedInstance:
        return False
    return True
