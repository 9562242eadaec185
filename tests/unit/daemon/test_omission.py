"""What a process does without."""

import pytest

from triage.daemon.omission import CODECS, Omission


@pytest.mark.parametrize("name", CODECS)
def test_what_is_left_out_is_not_found(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"{name} is left out of this process"):
        Omission(CODECS).find_spec(name)


@pytest.mark.parametrize("name", ["json", "gdcm_of_somebody_else", "pydicom.pixels"])
def test_everything_else_is_for_the_other_finders(name: str) -> None:
    assert Omission(CODECS).find_spec(name) is None
