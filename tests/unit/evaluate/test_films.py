from pathlib import Path

import pytest

from tests.unit.evaluate.lists import labels_of
from tests.unit.infer.bundles import label, saved
from triage.domain.errors import ConfigurationError, UnusableList
from triage.domain.labels import LABELS
from triage.evaluate.films import Assessed, assess_films, bundle_thresholds, open_route
from triage.infer.bundle import CARD, read_model
from triage.infer.card import read_card
from triage.pipeline import Route
from triage.settings import load_settings

SAMPLES = Path(__file__).parents[3] / "sample_dicoms"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("bundles") / "tiny", label("tumour", threshold=0.3))


@pytest.fixture(scope="module")
def route(bundle: Path) -> Route:
    return open_route(load_settings(None, environment={}), bundle)


def assessed(route: Route, folder: Path, *rows: str) -> Assessed:
    labels = labels_of(folder / "labels.csv", "file,age,tumour", *rows)
    return assess_films(route, labels, [SAMPLES / film for film in labels.films])


def test_films_are_assessed_and_refusals_counted(route: Route, tmp_path: Path) -> None:
    rows = ("cr_normal.dcm,61,0", "cr_hand.dcm,61,0", "dx_mass.dcm,,1", "dx_lateral.dcm,40,0")

    found = assessed(route, tmp_path, *rows)

    assert found.predictions.films == ("cr_normal.dcm", "dx_mass.dcm")
    assert found.not_assessed == {"body_part": 1, "lateral": 1}


def test_the_probability_is_that_of_the_route(route: Route, tmp_path: Path) -> None:
    found = assessed(route, tmp_path, "dx_mass.dcm,61,1")

    alone = route.assess(SAMPLES / "dx_mass.dcm").assessment.findings
    assert found.predictions.scores["tumour"].tolist() == [alone[0].probability]
    assert found.predictions.name.startswith("tiny 1 (")


def test_the_peak_is_that_of_the_routes_map(route: Route, tmp_path: Path) -> None:
    found = assessed(route, tmp_path, "cr_normal.dcm,61,0", "dx_mass.dcm,61,1")

    alone = route.assess(SAMPLES / "dx_mass.dcm").assessment.heat_maps
    assert found.peaks.keys() == {"tumour"}
    assert found.peaks["tumour"][1] == alone[0].weights.max()


def test_maps_and_shapes_are_in_the_films_order(route: Route, tmp_path: Path) -> None:
    found = assessed(route, tmp_path, "cr_normal.dcm,61,0", "dx_mass.dcm,61,1")

    alone = route.assess(SAMPLES / "dx_mass.dcm")
    assert found.shapes[1] == alone.film.shape
    assert found.assessments[1].findings == alone.assessment.findings


def test_an_age_of_the_labels_counts_where_pictures_have_none(route: Route, tmp_path: Path) -> None:
    found = assessed(route, tmp_path, "cr_normal.dcm,17,0", "dx_mass.dcm,18,1")

    assert found.predictions.films == ("dx_mass.dcm",)
    assert found.not_assessed == {"under_age": 1}


def test_nothing_assessed_is_an_error_that_says_why(route: Route, tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match="0 of 1 films could be assessed: body_part 1"):
        assessed(route, tmp_path, "cr_hand.dcm,61,0")


def test_thresholds_are_those_of_the_card(bundle: Path) -> None:
    found = bundle_thresholds(bundle)

    assert found["tumour"].value == 0.3
    model, weights = read_model(bundle), read_card(bundle / CARD).files.weights
    assert found["tumour"].origin == (
        f"of the bundle tiny 1 ({model.digest[:12]}), of weights with SHA-256 {weights}"
    )


def test_thresholds_do_not_travel_with_other_weights(tmp_path: Path) -> None:
    other = saved(tmp_path / "other", label("tumour", threshold=0.3))
    assert bundle_thresholds(other)["tumour"].value == 0.3
    weights = other / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")

    with pytest.raises(ConfigurationError, match=r"weights\.safetensors"):
        bundle_thresholds(other)


def test_without_a_bundle_the_settings_name_one(bundle: Path, tmp_path: Path) -> None:
    settings = load_settings(None, environment={"TRIAGE_MODEL__BUNDLE": str(bundle)})

    found = assessed(open_route(settings, None), tmp_path, "dx_mass.dcm,61,1")

    assert found.predictions.name.startswith("tiny 1 (")


def test_without_a_bundle_it_is_the_shipped_one() -> None:
    assert set(bundle_thresholds(None)) == set(LABELS)


def test_a_bundle_with_damaged_weights_is_refused(tmp_path: Path) -> None:
    spoilt = saved(tmp_path / "spoilt")
    weights = spoilt / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")

    with pytest.raises(ConfigurationError, match=r"weights\.safetensors"):
        open_route(load_settings(None, environment={}), spoilt)
