import tomllib
from pathlib import Path

import pytest

from tests.unit.infer.bundles import description, head, label, saved
from triage.domain.errors import ConfigurationError
from triage.infer.bundle import shipped_bundle
from triage.infer.card import Card, Files, Line, Measured, Proof, Urgent, read_card
from triage.infer.precision import Precision
from triage.infer.section import card_text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return saved(tmp_path) / "bundle.toml"


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_written_card_reads_back_as_it_was(path: Path) -> None:
    written = Card(**dict(description()), files=Files(weights="0" * 64, golden="1" * 64))

    path.write_text(card_text(written), encoding="utf-8")

    assert read_card(path) == written


def test_what_calibration_writes_reads_back(path: Path) -> None:
    measured = Measured(wish="specificity 0.8", patients=17, specificity=(0.7, 0.9))
    update = {
        "scaling": Line(method="platt", slope=0.7, intercept=-0.2),
        "measured": measured,
        "urgent": Urgent(threshold=0.9, specificity=0.95, measured=measured),
    }
    described = description(label("tumour").model_copy(update=update), label("inflammation"))
    written = Card(**dict(described), files=Files(weights="0" * 64, golden="1" * 64))

    path.write_text(card_text(written), encoding="utf-8")

    assert read_card(path) == written


@pytest.mark.parametrize(("threshold", "flags"), [(0.5, "true"), (0.4, "true"), (0.9, "false")])
def test_urgent_is_above_the_threshold_of_a_label_that_flags(
    path: Path, threshold: float, flags: str
) -> None:
    text = path.read_text(encoding="utf-8").replace("flags = true", f"flags = {flags}", 1)
    after = "map_scale = 0.01\n"
    urgent = f"{after}\n[labels.urgent]\nthreshold = {threshold}\n"
    path.write_text(text.replace(after, urgent, 1), encoding="utf-8")

    with pytest.raises(
        ConfigurationError, match=r"urgent threshold of tumour .*: above the thresh"
    ):
        read_card(path)


def test_the_card_is_plain_toml_with_one_table_per_label(path: Path) -> None:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))

    assert [table["name"] for table in tables["labels"]] == ["tumour", "inflammation"]
    assert tables["training"]["sources"] == ['a "b" é']


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('version = "1"\n', "", r"version .*Field required"),
        ('version = "1"\n', 'version = "1"\nmood = "good"\n', r"mood 'good': Extra inputs"),
        ("threshold = 0.5", "threshold = 1.5", r"labels\.0\.threshold 1\.5: .*less than or equal"),
        ("map_scale = 0.01", "map_scale = 0.0", r"labels\.0\.map_scale 0\.0: .*greater than 0"),
        ("temperature = 1.0", "temperature = nan", r"calibration\.temperature nan"),
        ("densenet-tiny", "resnet50", r"architecture resnet50: one of densenet121, densenet-tiny"),
        ('name = "tumour"', 'name = "inflammation"', r"labels: each name once"),
        ("size = 32", "size = 31", r"input\.size 31: .*greater than or equal to 32"),
        ("mean = [0.485, 0.456, 0.406]", "mean = [0.5]", r"means and deviations 1 and 3: 1 or 3"),
        ("[training]", "[training", r"no valid TOML"),
    ],
)
def test_a_wrong_card_is_refused_by_key_value_and_limit(
    path: Path, old: str, new: str, sentence: str
) -> None:
    edit(path, old, new)

    with pytest.raises(ConfigurationError, match=sentence):
        read_card(path)


def proof(precision: Precision, *, largest_change: float = 0.001, device: str = "cpu") -> Proof:
    return Proof.model_validate(
        {
            "device": device,
            "precision": precision,
            "films": 9,
            "largest_change": largest_change,
            "decisions_changed": 0,
        }
    )


def test_only_proofs_that_hold_count_and_only_on_their_device() -> None:
    proofs = (
        proof(Precision.FLOAT16, largest_change=0.006),
        proof(Precision.BFLOAT16),
        proof(Precision.FLOAT16, device="cuda"),
    )

    described = description().model_copy(update={"proofs": proofs})

    assert described.proven("cpu") == (Precision.BFLOAT16,)
    assert described.proven("cuda") == (Precision.FLOAT16,)
    assert description().proven("cpu") == ()


def test_a_card_with_proofs_reads_back_as_it_was(path: Path) -> None:
    described = description().model_copy(update={"proofs": (proof(Precision.BFLOAT16),)})
    written = Card(**dict(described), files=Files(weights="0" * 64, golden="1" * 64))

    path.write_text(card_text(written), encoding="utf-8")

    assert read_card(path) == written


def test_a_head_is_made_of_the_outputs_that_it_names() -> None:
    described = description(head("tumour", "Mass", "Nodule"), label("Nodule"), label("Mass"))

    assert described.outputs == ("Nodule", "Mass")
    assert described.members == ((1, 0), (0,), (1,))


def test_what_was_not_measured_is_absent_from_the_card(tmp_path: Path) -> None:
    path = saved(tmp_path, head("tumour", "Mass", "Nodule"), label("Mass"), label("Nodule"))

    tables = tomllib.loads((path / "bundle.toml").read_text("utf-8"))["labels"]

    assert tables[0].keys() == {"name", "flags", "threshold", "map_scale", "any_of"}
    assert read_card(path / "bundle.toml").labels[0].auroc is None


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        (("Mass", "Hernia"), "any_of of tumour: Hernia is no output of the network"),
        (("Mass", "tumour"), "any_of of tumour: tumour is no output of the network"),
        (("Mass", "Mass"), "any_of of tumour: each output once"),
    ],
)
def test_a_head_of_something_else_is_refused(outputs: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        description(head("tumour", *outputs), label("Mass"))


def test_a_label_without_a_scale_of_maps_reads_back_so(path: Path) -> None:
    edit(path, "map_scale = 0.01\n", "")

    assert [label.map_scale for label in read_card(path).labels] == [None, 0.01]


def test_the_least_scale_of_older_cards_is_none(path: Path) -> None:
    edit(path, "map_scale = 0.01", "map_scale = 1e-06")

    assert [label.map_scale for label in read_card(path).labels] == [None, 0.01]


def test_the_shipped_labels_without_evidence_have_no_scale() -> None:
    labels = read_card(shipped_bundle() / "bundle.toml").labels

    assert all(label.map_scale is None or label.map_scale > 1e-3 for label in labels)


def test_a_folder_without_card_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"bundle\.toml: no such file"):
        read_card(tmp_path / "bundle.toml")
