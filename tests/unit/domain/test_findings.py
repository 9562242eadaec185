import pytest

from triage.domain.errors import UnusableList
from triage.domain.findings import heads_of, read_findings
from triage.domain.labels import CHESTXRAY14


def test_every_finding_is_read() -> None:
    assert read_findings("|".join(CHESTXRAY14), film="1.png") == frozenset(CHESTXRAY14)


def test_no_finding_is_known_and_an_empty_list_is_not() -> None:
    assert read_findings("No Finding", film="1.png") == frozenset()
    assert read_findings("", film="1.png") is None


def test_a_detail_after_a_colon_is_left_out() -> None:
    assert read_findings("Pneumonia:bacterial|Mass", film="1.png") == frozenset(
        {"Pneumonia", "Mass"}
    )


@pytest.mark.parametrize("heads", [("", "1"), ("0", ""), ("", "")])
def test_a_head_that_is_left_open_leaves_the_list_unknown(heads: tuple[str, str]) -> None:
    assert read_findings("No Finding", film="1.png", heads=heads) is None
    assert read_findings("No Finding", film="1.png", heads=("0", "1")) == frozenset()


@pytest.mark.parametrize(
    ("text", "word"),
    [("Mass|Cough", "Cough"), ("mass", "mass"), ("Mass|", ""), ("Mass|No Finding", "No Finding")],
)
def test_an_unknown_word_is_named(text: str, word: str) -> None:
    with pytest.raises(UnusableList, match=rf"of 1\.png: '{word}' is none of Atelectasis"):
        read_findings(text, film="1.png")


@pytest.mark.parametrize(
    ("finding", "heads"),
    [
        ("Nodule", {"tumour": "1", "inflammation": "0"}),
        ("Infiltration", {"tumour": "0", "inflammation": "1"}),
        ("Hernia", {"tumour": "0", "inflammation": "0"}),
    ],
)
def test_a_head_is_present_where_one_of_its_findings_is(
    finding: str, heads: dict[str, str]
) -> None:
    assert heads_of(frozenset({finding})) == heads
