import json

import pytest

from triage.domain.hidden import Hidden

NAME = Hidden("Doe^Jane")


@pytest.mark.parametrize(
    "shown",
    [str(NAME), repr(NAME), f"{NAME}", f"{NAME!r}", f"{[NAME]}", "%s" % NAME, f"{NAME:>20}"],
)
def test_hidden_text_shows_as_hidden(shown: str) -> None:
    assert "Doe" not in shown
    assert "[hidden]" in shown


def test_hidden_text_is_revealed_by_name_alone() -> None:
    assert NAME.reveal == "Doe^Jane"


def test_hidden_text_is_not_written_as_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(NAME)


def test_hidden_texts_are_compared_by_what_they_hide() -> None:
    assert Hidden("a") == Hidden("a")
    assert Hidden("a") != Hidden("b")
