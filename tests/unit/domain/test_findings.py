import pytest

from triage.domain.findings import read_findings
from triage.domain.labels import CHESTXRAY14


def test_every_finding_is_read() -> None:
    assert read_findings("|".join(CHESTXRAY14)) == frozenset(CHESTXRAY14)


def test_no_finding_is_known_and_an_empty_list_is_not() -> None:
    assert read_findings("No Finding") == frozenset()
    assert read_findings("") is None


def test_a_detail_after_a_colon_is_left_out() -> None:
    assert read_findings("Pneumonia:bacterial|Mass") == frozenset({"Pneumonia", "Mass"})


@pytest.mark.parametrize("heads", [("", "1"), ("0", ""), ("", "")])
def test_a_head_that_is_left_open_leaves_the_list_unknown(heads: tuple[str, str]) -> None:
    assert read_findings("No Finding", heads=heads) is None
    assert read_findings("No Finding", heads=("0", "1")) == frozenset()


@pytest.mark.parametrize(
    ("text", "word"),
    [("Mass|Cough", "Cough"), ("mass", "mass"), ("Mass|", ""), ("Mass|No Finding", "No Finding")],
)
def test_an_unknown_word_is_named(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=f"'{word}' is none of Atelectasis"):
        read_findings(text)
