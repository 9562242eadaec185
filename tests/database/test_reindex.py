"""Rows are made anew of the files of a data folder, on both engines."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.builders.disaster import OLD_S, SAID, Site, spoil
from tests.builders.studies import queued
from triage.daemon.reindex import ALONE, IN_DOUBT, POSTED, RESTORED, TOLD

FILM, OTHER = "2.25.1", "2.25.2"


@pytest.fixture
def site(tmp_path: Path, database: Engine) -> Site:
    return Site(tmp_path, database)


def done(site: Site, *names: str, **how: bool) -> list[int]:
    """Reindex, and return how often each was done."""
    counts = site.reindex(**how).counts
    return [counts[name] for name in names]


def test_every_film_gets_its_row_back(site: Site) -> None:
    film = site.film(FILM)

    assert done(site, RESTORED, TOLD) == [1, 0]

    (row,) = site.rows("instance")
    kept = ("sop_instance_uid", "digest", "bytes", "modality", "series_uid", "transfer_syntax_uid")
    assert {name: row[name] for name in kept} == {name: getattr(film, name) for name in kept}
    assert row["state"] == "WAITING"


def test_what_is_restored_is_what_a_film_of_that_time_would_be(site: Site) -> None:
    site.film(FILM)
    site.reindex()

    (row,), (study,) = site.rows("instance"), site.rows("study")

    age_s = (site.now() - row["received_at"]).total_seconds()
    assert OLD_S - 60 < age_s < OLD_S + 60
    assert (study["state"], study["first_received_at"]) == ("RECEIVING", row["received_at"])


def test_films_of_one_uid_come_in_the_order_of_their_files(site: Site) -> None:
    later = site.film(FILM, age_s=60, PatientName="Roe^Richard")
    first = site.film(FILM, age_s=6000)

    site.reindex()

    assert [row["digest"] for row in site.rows("instance")] == [first.digest, later.digest]


def test_a_second_run_does_nothing(site: Site) -> None:
    site.capture(site.film(FILM))
    site.film(OTHER)
    site.reindex()
    before = [site.rows(table) for table in ("study", "instance", "delivery", "event")]

    assert done(site, RESTORED, TOLD, POSTED, ALONE, IN_DOUBT) == [0] * 5
    assert [site.rows(table) for table in ("study", "instance", "delivery", "event")] == before


def test_a_dry_run_tells_the_same_and_writes_nothing(site: Site) -> None:
    site.capture(site.film(FILM))
    site.film(OTHER)

    assert done(site, RESTORED, TOLD, POSTED, dry_run=True) == [2, 1, 1]
    assert site.rows("study") == site.rows("association") == []
    assert done(site, RESTORED, TOLD, POSTED) == [2, 1, 1]


def test_a_film_whose_capture_is_there_is_not_assessed_again(site: Site) -> None:
    site.capture(site.film(FILM))

    assert done(site, RESTORED, TOLD, POSTED) == [1, 1, 1]

    (film,), (said,) = site.rows("instance"), site.rows("assessment")
    assert (film["state"], film["view"], film["sex"]) == ("ASSESSED", "PA", None)
    assert (said["bundle_name"], said["bundle_version"]) == ("two-heads", "1.2")
    found = {row["label"]: row["probability"] for row in site.rows("finding")}
    assert found == {finding.label: finding.probability for finding in SAID}


def test_a_capture_is_in_the_outbox_again_and_in_doubt(site: Site) -> None:
    made, digest = site.capture(site.film(FILM))

    site.reindex()

    (row,) = site.rows("delivery")
    assert (row["sop_instance_uid"], row["digest"]) == (made.sop_instance_uid, digest)
    assert (row["state"], row["in_doubt"]) == ("WAITING", True)


def test_in_shadow_mode_nothing_is_to_be_sent(site: Site) -> None:
    site.capture(site.film(FILM))

    site.reindex(returns=False)

    (row,) = site.rows("delivery")
    assert (row["state"], row["reason"]) == ("PARKED", "pacs.return is false")


def test_all_pages_of_a_film_are_posted_with_one_result(site: Site) -> None:
    film = site.film(FILM)
    site.capture(film)
    site.capture(film, page=2)

    assert done(site, TOLD, POSTED) == [1, 2]
    assert len(site.rows("assessment")) == 1


def test_a_film_that_waits_is_told_by_its_capture(site: Site) -> None:
    """The backup is older than the capture."""
    film, now = site.film(FILM), site.now()
    with site.engine.begin() as connection:
        queued(connection, film, now=now)
    site.capture(film)

    assert done(site, RESTORED, TOLD, POSTED) == [0, 1, 1]
    assert [row["state"] for row in site.rows("instance")] == ["ASSESSED"]


def test_a_capture_of_another_patient_tells_nothing_of_a_film(site: Site) -> None:
    site.capture(site.film(FILM))
    site.film(FILM, PatientID="0815", age_s=60)

    assert done(site, RESTORED, TOLD, ALONE) == [2, 1, 0]
    assert [row["state"] for row in site.rows("instance")] == ["ASSESSED", "WAITING"]


def test_a_capture_without_its_film_is_left_alone(site: Site) -> None:
    film = site.film(FILM)
    site.capture(film)
    site.films.remove(film.digest)

    assert done(site, RESTORED, TOLD, ALONE) == [0, 0, 1]


def test_what_waits_in_the_outbox_is_doubted(site: Site) -> None:
    site.capture(site.film(FILM))
    site.reindex()
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET in_doubt = false"))

    assert done(site, IN_DOUBT) == [1]
    assert site.rows("delivery")[0]["in_doubt"] is True


def test_files_that_cannot_be_read_are_named_and_hold_nobody_up(site: Site) -> None:
    spoiled, cut = site.film(FILM), site.films.write([b"half a film"])
    spoil(site.films.path(spoiled.digest))
    foreign = site.results.write([b"no capture"])
    site.film(OTHER)

    rebuilt = site.reindex()

    assert rebuilt.counts[RESTORED] == 1
    assert rebuilt.unreadable == {
        spoiled.digest: "its contents are not those of its name",
        cut: "it is no film: the file has no meta information",
        foreign: "it is no capture of this program",
    }


def test_no_patient_is_in_what_is_told(site: Site) -> None:
    site.capture(site.film(FILM, PatientName="Doe^Jane"))

    told = str(site.reindex().told)

    assert "Doe" not in told + str(site.rows("event")) + str(site.rows("instance"))
