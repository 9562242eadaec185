"""What a PACS has for some days, by C-FIND at study, series and instance level (PS3.4 C.6.2)."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from pydicom import Dataset

from triage.domain.region import part_elsewhere
from triage.domain.worklist import ExpectedSeries, ExpectedStudy
from triage.send.find import Found, find
from triage.send.query import STUDY_ROOT_FIND
from triage.send.session import Session

MODALITIES = ("CR", "DX")
MOST_STUDIES = 50_000
MOST_SERIES = MOST_INSTANCES = 1_000
MOST_FILMS = 100_000
"""No study has more: a higher number is none, and its sum might not fit a column."""

ELSEWHERE = "another part of the body"
_UID_FORM = re.compile(r"[0-9.]{1,64}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """A study as the PACS lists it; its accession number is for comparing alone."""

    study_uid: str
    accession_number: str
    count: int
    has_films: bool


@dataclass(frozen=True, slots=True)
class _Series:
    series_uid: str
    count: int
    is_film: bool
    is_elsewhere: bool


class Archive:
    """Asks a PACS which films it has.

    Args:
        session: an association with it.
        most: studies of one modality; with more the query is cancelled.
    """

    def __init__(self, session: Session, *, most: int = MOST_STUDIES) -> None:
        self._session = session
        self._most = most
        self.gaps: Counter[str] = Counter()

    def studies(self, first: date, last: date) -> list[ListedStudy]:
        """List the studies of these days that have films, or may have; each once.

        A PACS may ignore the modality, answer twice, or answer for days that were not asked.

        Raises:
            Broken: the PACS cannot be reached, or went away.
        """
        listed: dict[str, ListedStudy] = {}
        for modality in MODALITIES:
            keys = _level("STUDY", StudyDate=f"{first:%Y%m%d}-{last:%Y%m%d}")
            keys.ModalitiesInStudy = modality
            for name in ("StudyInstanceUID", "AccessionNumber", "NumberOfStudyRelatedInstances"):
                setattr(keys, name, None)
            found = self._find(keys, partial(_study, first=first, last=last), self._most)
            self._note(f"studies of modality {modality}", found.failure)
            for study in found.matches:
                listed.setdefault(study.study_uid, study)
        return [study for study in listed.values() if study.has_films]

    def expect(self, study: ListedStudy) -> ExpectedStudy | None:
        """Say what is expected of a study; ``None`` where it has no films after all.

        Raises:
            Broken: the PACS cannot be reached, or went away.
        """
        keys = _level("SERIES", StudyInstanceUID=study.study_uid)
        for name in ("SeriesInstanceUID", "Modality", "BodyPartExamined"):
            setattr(keys, name, None)
        keys.NumberOfSeriesRelatedInstances = None
        found = self._find(keys, _series, MOST_SERIES)
        self._note("series", found.failure)
        if not found.matches:
            # It is there all the same: then all of it is asked for.
            return ExpectedStudy(study.study_uid, (ExpectedSeries("", max(study.count, 1)),))
        series = {one.series_uid: one for one in found.matches if one.is_film}
        wanted = [one for one in series.values() if not one.is_elsewhere]
        if wanted:
            return ExpectedStudy(study.study_uid, tuple(self._films(study.study_uid, wanted)))
        return ExpectedStudy(study.study_uid, left_out=ELSEWHERE) if series else None

    def _films(self, study_uid: str, wanted: list[_Series]) -> Iterator[ExpectedSeries]:
        for series in wanted:
            keys = _level("IMAGE", StudyInstanceUID=study_uid)
            keys.SeriesInstanceUID = series.series_uid
            keys.SOPInstanceUID = None
            found = self._find(keys, _instance, MOST_INSTANCES)
            self._note("instances", found.failure)
            uids = tuple(dict.fromkeys(found.matches))
            # The list goes before the number, which some have not and others count all objects in.
            whole = uids and found.failure is None
            count = len(uids) if whole else max(len(uids), series.count, 1)
            yield ExpectedSeries(series.series_uid, count, uids)

    def _find(self, keys: Dataset, read: Callable[[Dataset], T | None], most: int) -> Found[T]:
        return self._session.ask(
            lambda association: find(association, STUDY_ROOT_FIND, keys, read=read, most=most)
        )

    def _note(self, what: str, failure: str | None) -> None:
        if failure is not None:
            self.gaps[f"{what}: {failure}"] += 1


def _level(level: str, **keys: str) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    for name, value in keys.items():
        setattr(identifier, name, value)
    return identifier


def _study(match: Dataset, *, first: date, last: date) -> ListedStudy | None:
    uid = uid_of(match, "StudyInstanceUID")
    if uid is None:
        return None
    modalities = values_of(match, "ModalitiesInStudy")
    day = text_of(match, "StudyDate")
    asked = not day or f"{first:%Y%m%d}" <= day <= f"{last:%Y%m%d}"
    return ListedStudy(
        study_uid=uid,
        accession_number=text_of(match, "AccessionNumber"),
        count=_number(match, "NumberOfStudyRelatedInstances"),
        has_films=asked and (not modalities or any(one in MODALITIES for one in modalities)),
    )


def _series(match: Dataset) -> _Series | None:
    uid = uid_of(match, "SeriesInstanceUID")
    if uid is None:
        return None
    return _Series(
        series_uid=uid,
        count=_number(match, "NumberOfSeriesRelatedInstances"),
        is_film=text_of(match, "Modality") in {*MODALITIES, ""},
        is_elsewhere=part_elsewhere(text_of(match, "BodyPartExamined")),
    )


def _instance(match: Dataset) -> str | None:
    return uid_of(match, "SOPInstanceUID")


def uid_of(match: Dataset, name: str) -> str | None:
    """Return a UID; ``None`` for what is none."""
    uid = text_of(match, name)
    return uid if _UID_FORM.fullmatch(uid) else None


def text_of(match: Dataset, name: str) -> str:
    """Return a value without padding, empty where it is absent."""
    return str(match.get(name) or "").strip("\0 ")


def values_of(match: Dataset, name: str) -> list[str]:
    """Return the values of an element that may have several."""
    found = match.get(name) or ()
    return [found] if isinstance(found, str) else [str(value) for value in found]


def _number(match: Dataset, name: str) -> int:
    said = text_of(match, name)
    number = int(said) if said.isdecimal() else 0
    return number if number <= MOST_FILMS else 0
