import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.unit.decode.headers import header
from triage.decode.projection import view, view_not_frontal
from triage.domain.film import View


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("PA", View.PA),
        ("AP", View.AP),
        ("pa", View.PA),
        ("AP SUPINE", View.AP),
        ("", View.UNKNOWN),
        ("XX", View.UNKNOWN),
    ],
)
def test_a_frontal_position_is_told_and_others_are_unknown(position: str, expected: View) -> None:
    assert view(header(ViewPosition=position)) is expected


@pytest.mark.parametrize("position", ["LL", "RL", "LATERAL", "LEFT LATERAL", "LLD", "RAO", "MLO"])
def test_lateral_oblique_and_breast_positions_are_not_frontal(position: str) -> None:
    assert view_not_frontal(header(ViewPosition=position))


@pytest.mark.parametrize("code", ["R-10236", "399173006", "399135007"])
def test_a_view_code_is_enough_to_know_a_lateral_or_oblique_film(code: str) -> None:
    film = header(ViewPosition="", ViewCodeSequence=Sequence([_code(code)]))

    assert view_not_frontal(film) == code


@pytest.mark.parametrize(("code", "expected"), [("272479007", View.PA), ("R-10206", View.AP)])
def test_a_view_code_names_the_frontal_view(code: str, expected: View) -> None:
    film = header(ViewPosition="", ViewCodeSequence=Sequence([_code(code)]))

    assert view(film) is expected


def _code(value: str) -> Dataset:
    item = Dataset()
    item.CodeValue = value
    return item
