from triage.domain.labels import CHESTXRAY14, HEADS


def test_there_are_fourteen_findings() -> None:
    assert len(set(CHESTXRAY14)) == 14


def test_every_head_is_made_of_known_findings() -> None:
    assert frozenset().union(*HEADS.values()) <= frozenset(CHESTXRAY14)


def test_no_finding_belongs_to_two_heads() -> None:
    assert HEADS["tumour"].isdisjoint(HEADS["inflammation"])
