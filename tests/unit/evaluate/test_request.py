from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.evaluate.lists import listed, written
from triage.domain.errors import UnusableList
from triage.evaluate.cases import Question
from triage.evaluate.labels import Choice
from triage.evaluate.measures import Threshold
from triage.evaluate.request import Request, answer, score_file

FILMS = [(f"{n}.png", f"P{n // 2}", n % 3 == 0, n % 7 / 7 + 0.1 * (n % 3 == 0)) for n in range(60)]


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    rows = (f"{film},{score:.3f}" for film, _, _, score in FILMS)
    return written(tmp_path / "p.csv", "file,tumour", *rows)


@pytest.fixture
def request_of_all(tmp_path: Path) -> Request:
    rows = (f"{film},{patient},{present:d},{present:d}" for film, patient, present, _ in FILMS)
    labels = listed(tmp_path / "l.csv", "file,patient_id,tumour,lump", *rows, "z.png,P99,0,0")
    return Request((labels,), Choice(), (), {}, (), None, False, 100, 0)


def test_the_sample_says_what_was_evaluated(predictions: Path, request_of_all: Request) -> None:
    found = answer(request_of_all, score_file(predictions, request_of_all, {}))

    sample = found.sample
    assert (sample.predictions, sample.labels) == ("p.csv", ("l.csv",))
    assert (sample.films, sample.patients, sample.unpredicted) == (60, 30, 1)


def test_a_given_threshold_goes_before_that_of_the_bundle(
    predictions: Path, request_of_all: Request
) -> None:
    request = replace(request_of_all, thresholds={"tumour": Threshold(0.4, "given")})
    of_bundle = {"tumour": Threshold(0.6, "of a bundle"), "other": Threshold(0.1, "of a bundle")}

    found = answer(request, score_file(predictions, request, of_bundle))

    assert found.evaluation.results[0].threshold == Threshold(0.4, "given")


def test_a_compared_label_is_read_from_the_labels(
    predictions: Path, request_of_all: Request
) -> None:
    request = replace(request_of_all, compared=(Question("tumour", "lump"),))

    found = answer(request, score_file(predictions, request, {}))

    names = [result.question.name for result in found.evaluation.results]
    assert names == ["tumour", "lump, by tumour"]


def test_another_model_is_compared_whatever_its_order(
    predictions: Path, request_of_all: Request, tmp_path: Path
) -> None:
    head, *rows = predictions.read_text().splitlines()
    other = written(tmp_path / "other.csv", head, *reversed(rows))
    request = replace(request_of_all, against=other)

    found = answer(request, score_file(predictions, request, {}))

    assert [each.difference.value for each in found.evaluation.rivalries] == [0.0]
    assert found.sample.rival == "other.csv"


def test_both_models_may_call_films_as_their_collection_does(tmp_path: Path) -> None:
    rows = (f"{film},cxr/{film},P{patient},{p:d}" for film, patient, p, _ in FILMS)
    labels = listed(tmp_path / "l.csv", "orig,file,patient_id,tumour", *rows)
    scores = [f"{film},{score:.3f}" for film, _, _, score in FILMS]
    ours = written(tmp_path / "p.csv", "file,tumour", *scores)
    other = written(tmp_path / "o.csv", "Image Index,prob_tumour", *scores[:40], "strange.png,0.5")
    request = Request((labels,), Choice(), (), {}, (), other, False, 100, 0)

    found = answer(request, score_file(ours, request, {}))

    assert found.cases.films[0] == "cxr/0.png"
    assert [(each.films, each.difference.value) for each in found.evaluation.rivalries] == [(40, 0)]


def test_a_film_of_train_is_known_by_its_other_name_too(tmp_path: Path) -> None:
    rows = ("1.png,a.jpg,train,1", "2.png,b.jpg,val,0")
    labels = listed(tmp_path / "l.csv", "orig,file,split,tumour", *rows)
    request = Request((labels,), Choice(), (), {}, (), None, False, 100, 0)
    ours = written(tmp_path / "p.csv", "file,tumour", "1.png,0.5", "2.png,0.5")

    with pytest.raises(UnusableList, match=r"films of the split train 1: 0; such as a\.jpg"):
        answer(request, score_file(ours, request, {}))


def test_readers_are_read(predictions: Path, request_of_all: Request, tmp_path: Path) -> None:
    rows = (f"{film},{present:d}" for film, _, present, _ in FILMS)
    senior = written(tmp_path / "senior.csv", "file,tumour", *rows)

    request = replace(request_of_all, readers=(senior,))
    found = answer(request, score_file(predictions, request, {}))

    kappas = {(p.first, p.second): p.agreement.kappa for p in found.evaluation.pairs}
    assert kappas["labels", "senior"] == 1.0


def test_labels_of_other_films_are_refused(request_of_all: Request, tmp_path: Path) -> None:
    others = written(tmp_path / "others.csv", "file,tumour", "x.png,0.5")

    with pytest.raises(UnusableList, match="predicted films without labels 1: 0"):
        answer(request_of_all, score_file(others, request_of_all, {}))
