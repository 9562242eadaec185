from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.lists import labels_of, listed
from triage.domain.errors import UnusableList
from triage.evaluate.labels import Choice, read_labels

FINDINGS = Choice(truths=frozenset({"Mass", "Effusion", "tumour"}))
OPACITY = Choice(truths=frozenset({"Lung Opacity"}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labels.csv"


def test_a_list_of_findings_gives_findings_and_heads(path: Path) -> None:
    header = "Image Index,Finding Labels"

    found = labels_of(path, header, "a,Mass|Edema", "b,No Finding", "c,", choice=FINDINGS)

    assert found.truths["Mass"][:2].tolist() == [1, 0]
    assert found.truths["tumour"][:2].tolist() == [1, 0]
    assert np.isnan([found.truths[name][2] for name in ("Mass", "Effusion", "tumour")]).all()


def test_a_column_goes_before_the_list(path: Path) -> None:
    found = labels_of(path, "file,findings,tumour", "a,Mass,0", choice=FINDINGS)

    assert found.truths["tumour"].tolist() == [0]
    assert found.truths["Mass"].tolist() == [1]


def test_beside_a_head_that_is_left_open_a_list_tells_nothing(path: Path) -> None:
    rows = ("a,No Finding,,0", "b,COVID-19,,", "c,No Finding,0,0", "d,Mass:large,1,0")

    found = labels_of(path, "file,findings,tumour,inflammation", *rows, choice=FINDINGS)

    assert np.isnan(found.truths["Mass"][:2]).all()
    assert np.isnan(found.truths["tumour"][:2]).all()
    assert found.truths["Mass"][2:].tolist() == [0, 1]


def test_a_detail_after_a_colon_is_left_out(path: Path) -> None:
    choice = Choice(truths=frozenset({"Pneumonia"}))

    found = labels_of(path, "file,findings", "a,Pneumonia:viral", "b,Mass", choice=choice)

    assert found.truths["Pneumonia"].tolist() == [1, 0]


@pytest.mark.parametrize("text", ["Tumor", "Mass|Lump", "Mass|No Finding", "Mass|"])
def test_a_list_with_an_unknown_label_is_refused(path: Path, text: str) -> None:
    with pytest.raises(UnusableList, match=r"findings '.*' of b \(.*csv\): '.*' is none of A"):
        labels_of(path, "file,findings", "a,Mass", f"b,{text}", choice=FINDINGS)


def test_a_list_that_nobody_needs_is_not_judged(path: Path) -> None:
    found = labels_of(path, "file,findings,tumour", "a,Lump,0")

    assert set(found.truths) == {"tumour"}


def test_radiologists_classes_give_opacity(path: Path) -> None:
    rows = ("a,Lung Opacity", "b,Normal", "c,No Lung Opacity / Not Normal", "d,")

    found = labels_of(path, "nih_image,rsna_class", *rows, choice=OPACITY)

    assert found.truths["Lung Opacity"][:3].tolist() == [1, 0, 0]
    assert np.isnan(found.truths["Lung Opacity"][3])


def test_an_unknown_class_is_refused(path: Path) -> None:
    with pytest.raises(UnusableList, match="rsna_class 'Opaque' of a: one of"):
        labels_of(path, "file,rsna_class", "a,Opaque", choice=OPACITY)


def test_films_of_a_patient_have_one_number(path: Path) -> None:
    found = labels_of(path, "file,patient_id,tumour", "a,P2,1", "b,P1,0", "c,P2,0", "d,,0")

    assert found.patients[0] == found.patients[2]
    assert len(set(found.patients.tolist())) == 3
    assert found.patients_known


def test_where_no_patient_is_named_each_film_is_one(path: Path) -> None:
    found = labels_of(path, "file,tumour", "a,1", "b,0")

    assert len(set(found.patients.tolist())) == 2
    assert not found.patients_known


def test_films_of_train_are_left_out(path: Path) -> None:
    rows = ("a,P1,train,1", "b,P2,val,0", "c,P3,test,0")

    found = labels_of(path, "file,patient_id,split,tumour", *rows)

    assert found.films == ("b", "c")
    assert found.trained_on == {"a"}


def test_films_of_train_can_be_asked_for(path: Path) -> None:
    choice = Choice(only=(("split", "train"),))

    found = labels_of(path, "file,split,tumour", "a,train,1", "b,val,0", choice=choice)

    assert (found.films, found.trained_on) == (("a",), frozenset())


def test_a_patient_of_these_films_in_train_is_refused(path: Path) -> None:
    rows = ("a,secret,train,1", "b,secret,val,0", "c,other,val,0")

    with pytest.raises(UnusableList, match="patients of these films in train 1: 0") as refused:
        labels_of(path, "file,patient_id,split,tumour", *rows)

    assert "secret" not in str(refused.value)


def test_rows_are_chosen_by_column_and_value(path: Path) -> None:
    choice = Choice(only=(("kind", "x"), ("kind", "y"), ("tumour", "1")))

    found = labels_of(path, "file,kind,tumour", "a,x,1", "b,y,0", "c,z,1", "d,y,1", choice=choice)

    assert found.films == ("a", "d")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(only=(("site", "x"),)), "column site is missing"),
        (Choice(by=("site",)), "column site is missing"),
        (Choice(only=(("tumour", "2"),)), "0 films are chosen: at least 1"),
    ],
)
def test_a_choice_of_nothing_is_refused(path: Path, choice: Choice, sentence: str) -> None:
    with pytest.raises(UnusableList, match=sentence):
        labels_of(path, "file,tumour", "a,1", choice=choice)


def test_films_are_grouped_by_source_view_sex_age_and_what_is_wished(path: Path) -> None:
    header, row = "file,source,view,sex,age,make,tumour", "a,north,AP,F,61,X,1"

    found = labels_of(path, header, row, choice=Choice(by=("make",)))

    assert {name: words.tolist() for name, words in found.groups.items()} == {
        "source": ["north"],
        "view": ["AP"],
        "sex": ["F"],
        "age": ["60-79"],
        "rsna": [""],
        "make": ["X"],
    }


@pytest.mark.parametrize(
    ("classes", "groups"),
    [
        (("Normal", "", "Lung Opacity"), ["read as Normal", "ordinary", "ordinary"]),
        (("", "Lung Opacity"), ["", ""]),
        (("Normal", "Normal"), ["", ""]),
    ],
)
def test_films_that_were_read_as_normal_are_parted_from_ordinary_ones(
    path: Path, classes: tuple[str, ...], groups: list[str]
) -> None:
    rows = (f"{number},{word},1" for number, word in enumerate(classes))

    found = labels_of(path, "file,rsna_class,tumour", *rows)

    assert found.groups["rsna"].tolist() == groups


def test_a_further_file_adds_labels_and_leaves_the_rest_unknown(path: Path, tmp_path: Path) -> None:
    first = listed(path, "file,tumour", "a,1", "b,0")
    further = listed(tmp_path / "more.csv", "file,tumour,Lung Opacity", "b,1,YES", "z,1,NO")

    found = read_labels([first, further], Choice())

    assert found.truths["tumour"].tolist() == [1, 0]
    assert np.isnan(found.truths["Lung Opacity"][0])
    assert found.truths["Lung Opacity"][1] == 1


def test_a_further_file_without_labels_adds_nothing(path: Path, tmp_path: Path) -> None:
    first = listed(path, "file,tumour", "a,1")
    further = listed(tmp_path / "more.csv", "file,remark", "a,sharp", "a,dull")

    found = read_labels([first, further], Choice())

    assert (set(found.truths), found.contradicted) == ({"tumour"}, frozenset())


def test_a_film_that_a_further_file_contradicts_is_remembered(path: Path, tmp_path: Path) -> None:
    first = listed(path, "file,tumour", "a,1", "b,0")
    rows = ("a,Normal", "a,Normal", "b,Normal", "b,Lung Opacity")
    further = listed(tmp_path / "more.csv", "file,rsna_class", *rows)

    assert read_labels([first, further], OPACITY).contradicted == {"b"}


def test_the_first_file_repeats_no_film(path: Path) -> None:
    with pytest.raises(UnusableList, match="films with several rows 1: 0; such as a"):
        labels_of(path, "file,tumour", "a,1", "a,1")


def test_films_can_be_kept_among_others(tmp_path: Path) -> None:
    rows = ("a,P1,PA,1,40", "b,P2,AP,0,50", "c,P1,AP,,60")
    known = labels_of(tmp_path / "l.csv", "file,patient_id,view,tumour,age", *rows)

    kept = known.among({"c", "a"})

    assert (kept.films, kept.patients.tolist(), kept.years.tolist()) == (
        ("a", "c"),
        [0, 0],
        [40, 60],
    )
    assert kept.groups["view"].tolist() == ["PA", "AP"]
    np.testing.assert_array_equal(kept.truths["tumour"], [1, np.nan])
