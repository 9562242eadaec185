import warnings

import pytest

from triage.decode.refusal import FOREIGN, quoted, refused, translated
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_foreign_error_becomes_a_refusal_that_names_its_kind_alone(
    foreign: type[Exception],
) -> None:
    with pytest.raises(UnassessableFilm) as raised, translated("The file cannot be read"):
        raise foreign("Doe^Jane")

    assert raised.value.refusal.code is RefusalCode.UNREADABLE
    assert raised.value.refusal.sentence == f"The file cannot be read ({foreign.__name__})."


def test_a_refusal_passes_the_border_as_it_is() -> None:
    with pytest.raises(UnassessableFilm, match="in colour"), translated("The file cannot be read"):
        raise refused(RefusalCode.COLOR, "The picture is in colour.")


def test_warnings_about_the_file_stay_inside() -> None:
    with translated("The file cannot be read"):
        warnings.warn("Invalid value for VR UI: 'Doe'", UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("value", "shown"), [("CT", "'CT'"), ("C\nT", "'C?T'"), ("A" * 65, f"'{'A' * 64}...'")]
)
def test_a_quote_is_short_and_printable(value: str, shown: str) -> None:
    assert quoted(value) == shown
