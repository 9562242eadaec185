import pytest

from triage.domain import errors
from triage.domain.assessment import Refusal, RefusalCode


@pytest.mark.parametrize("name", [name for name in vars(errors) if name in (errors.__doc__ or "")])
def test_every_error_of_the_tree_is_ours(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.TriageError)


def test_the_tree_names_every_error() -> None:
    made = [name for name, value in vars(errors).items() if isinstance(value, type)]

    drawn = [name for name in made if name in (errors.__doc__ or "")]

    assert set(made) - set(drawn) == {"Refusal"}


def test_a_rejected_instance_carries_its_status() -> None:
    rejection = errors.RejectedInstance(0xA900, "differs")

    assert (rejection.status, str(rejection)) == (0xA900, "differs")


def test_an_unassessable_film_says_its_sentence() -> None:
    error = errors.UnassessableFilm(Refusal(RefusalCode.LATERAL, "a lateral film"))

    assert str(error) == "a lateral film"
    assert error.refusal.code == "lateral"


def test_whoever_retries_does_not_catch_what_is_parked() -> None:
    assert not issubclass(errors.DeliveryParked, errors.DeliveryPostponed)
