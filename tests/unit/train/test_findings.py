import pytest

from triage.domain.errors import UnusableList
from triage.train.findings import heads_of, read_findings


def test_a_list_is_read_unless_a_head_is_left_open() -> None:
    assert read_findings("Mass", film="1.png", heads=["1", "0"]) == frozenset({"Mass"})
    assert read_findings("Mass", film="1.png", heads=["1", ""]) is None


def test_an_unknown_word_is_named_with_its_list_and_film() -> None:
    with pytest.raises(UnusableList, match=r"findings 'Mass\|Cough' of 1\.png: 'Cough' is"):
        read_findings("Mass|Cough", film="1.png")


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
