"""Which part of the body a text names."""

import pytest

from triage.domain.region import part_elsewhere, words_of


@pytest.mark.parametrize("part", ["CHEST", "chest pa ", "RIBCAGE", "", "UNKNOWN"])
def test_the_chest_and_silence_are_not_elsewhere(part: str) -> None:
    assert not part_elsewhere(part)


@pytest.mark.parametrize("part", ["HAND", "hip", "CHEST ABDOMEN", "XYZ"])
def test_every_other_name_is_elsewhere(part: str) -> None:
    assert part_elsewhere(part)


def test_words_are_split_at_what_is_no_letter() -> None:
    assert words_of("T-SPINE_2 AP") == {"T", "SPINE", "AP"}
