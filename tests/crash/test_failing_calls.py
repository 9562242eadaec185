"""The n-th call to a disk fails: every film is refused or whole, and the association goes on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest

from tests.builders.raw import RawClient
from tests.builders.tools import needs
from tests.crash.conftest import Tell
from tests.crash.films import SentFilm
from tests.crash.listeners import Listeners
from tests.crash.site import Site
from tests.crash.trace import failed_calls, traced

pytestmark = [needs("strace"), pytest.mark.parametrize("backend", ["sqlite"])]

CALLS = ("writev", "fsync", "pwrite64", "fdatasync")
ERRORS = ("EIO", "ENOSPC")
SHORT = (1, 2, 3, 17)
LONG = tuple(range(1, 51))
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700

Failure = tuple[str, str]


def sent_while_failing(
    listeners: Listeners, films: Sequence[SentFilm], failure: str, *, output: Path
) -> dict[SentFilm, int | None]:
    """Store films in one association while a call of its thread fails; return the answers."""
    watched = failure.partition(":")[0]
    with (
        traced(listeners.only.pid, f"trace={watched}", f"inject={failure}", output=output),
        RawClient(listeners.port) as modality,
    ):
        modality.associate()
        answers = {film: modality.store(film.data_set, film.uid) for film in films}
        modality.release()
    return answers


def resent(listeners: Listeners, answers: Mapping[SentFilm, int | None]) -> list[int | None]:
    """Store again what was not kept."""
    missing = [film for film, status in answers.items() if status != SUCCESS]
    with RawClient(listeners.port) as modality:
        modality.associate()
        return [modality.store(film.data_set, film.uid) for film in missing]


def table_of(outcomes: Mapping[Failure, Counter[int | None]]) -> str:
    """Say for each call and error how many films were kept, and how many refused."""
    rows = [
        f"{call:10} {error:7} kept {outcome[SUCCESS]:5}  refused {outcome[OUT_OF_RESOURCES]:4}"
        for (call, error), outcome in outcomes.items()
    ]
    return "\n".join(rows)


@pytest.mark.parametrize(
    "numbers",
    [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.chaos)],
)
def test_each_film_is_refused_or_kept(
    numbers: Sequence[int], site: Site, tmp_path: Path, tell: Tell
) -> None:
    answers: dict[SentFilm, int | None] = {}
    outcomes: dict[Failure, Counter[int | None]] = {}
    failed = 0
    with site.listeners() as listeners:
        for case, (call, error, number) in enumerate(product(CALLS, ERRORS, numbers)):
            films = [SentFilm(1000 * case + each) for each in range(number + 2)]
            found = sent_while_failing(
                listeners, films, f"{call}:error={error}:when={number}", output=tmp_path / "calls"
            )
            outcomes.setdefault((call, error), Counter()).update(found.values())
            failed += failed_calls(tmp_path / "calls")
            answers |= found
        again = resent(listeners, answers)
    tell(table_of(outcomes))

    kept = {film.uid: film.digest for film, status in answers.items() if status == SUCCESS}
    everything = {film.uid: film.digest for film in answers}
    # Each thread's calls are counted apart: those that write meanwhile may meet an n-th, too.
    assert failed >= len(CALLS) * len(ERRORS) * len(numbers)
    assert set(answers.values()) == {SUCCESS, OUT_OF_RESOURCES}
    assert set(again) == {SUCCESS}
    assert len(kept) > failed
    assert site.checker.lost(everything) == site.checker.altered(everything) == []
    assert site.checker.partial() == site.checker.strange() == []
    assert site.integrity() == "ok"


@pytest.mark.parametrize(
    ("parts", "failure"),
    [("careless", "writev:error=ENOSPC:when=4"), ("hasty", "pwrite64:error=EIO:when=1")],
)
def test_who_does_not_look_whether_a_call_failed_is_noticed(
    parts: str, failure: str, site: Site, tmp_path: Path
) -> None:
    films = [SentFilm(1), SentFilm(2)]
    with site.listeners(parts) as listeners:
        answers = sent_while_failing(listeners, films, failure, output=tmp_path / "calls")

    assert set(answers.values()) == {SUCCESS}
    assert site.checker.lost([film.uid for film in films]) != []


def test_a_log_that_cannot_be_written_costs_no_film(site: Site, tmp_path: Path) -> None:
    films, full = [SentFilm(1), SentFilm(2)], "write:error=ENOSPC:when=1+"
    with site.listeners() as listeners:
        answers = sent_while_failing(listeners, films, full, output=tmp_path / "calls")
        said = listeners.only.log.read_text()

    assert failed_calls(tmp_path / "calls") > 0
    assert "instance kept" not in said
    assert set(answers.values()) == {SUCCESS}
