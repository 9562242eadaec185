from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.unit.infer.bundles import description, network, saved
from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS, LABELS
from triage.infer.bundle import (
    copy_bundle,
    load_bundle,
    read_model,
    save_bundle,
    shipped_bundle,
)
from triage.infer.checkpoint import sha256

LARGEST_SHIPPED_BYTES = 20_000_000


def replace_file(folder: Path, name: str, key: str) -> None:
    """Add 1 to a tensor of a bundle's file, and record the new file's digest."""
    path = folder / name
    before = sha256(path)
    tensors = load_file(path)
    save_file(tensors | {key: tensors[key] + 1}, path)
    card = folder / "bundle.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(before, sha256(path)), "utf-8")


def test_a_saved_bundle_loads_and_computes_what_its_rounded_network_computes(
    tmp_path: Path,
) -> None:
    bundle = load_bundle(saved(tmp_path))

    batch = torch.rand(1, 3, 32, 32)
    torch.testing.assert_close(
        bundle.network(batch).logits, network()(batch).logits, atol=1e-2, rtol=0
    )


def test_weights_that_are_not_rounded_are_stored_as_they_are(tmp_path: Path) -> None:
    save_bundle(tmp_path, network(), description=description(), half=False)

    batch = torch.rand(1, 3, 32, 32)
    stored = load_bundle(tmp_path).network(batch)
    torch.testing.assert_close(stored.logits, network()(batch).logits, atol=0, rtol=0)


def test_the_digest_is_named_alike_by_saving_reading_and_loading(tmp_path: Path) -> None:
    model = save_bundle(tmp_path, network(), description=description())

    assert read_model(tmp_path) == model
    assert load_bundle(tmp_path).model == model


def test_the_same_network_and_description_have_the_same_digest(tmp_path: Path) -> None:
    one, other = saved(tmp_path / "one"), saved(tmp_path / "other")

    assert read_model(one) == read_model(other)


def test_another_threshold_has_another_digest(tmp_path: Path) -> None:
    before = read_model(saved(tmp_path))
    card = tmp_path / "bundle.toml"

    card.write_text(card.read_text("utf-8").replace("threshold = 0.5", "threshold = 0.6"), "utf-8")

    assert read_model(tmp_path).digest != before.digest


def test_a_note_beside_the_bundle_is_no_part_of_it(tmp_path: Path) -> None:
    before = read_model(saved(tmp_path))

    (tmp_path / "CARD.md").write_text("for people", encoding="utf-8")

    assert read_model(tmp_path) == before


def test_corrupted_weights_are_refused_by_their_digest(tmp_path: Path) -> None:
    path = saved(tmp_path) / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"SHA-256 of .*weights\.safetensors \w{64}: \w"):
        load_bundle(tmp_path)


def test_truncated_golden_output_is_refused_by_its_digest(tmp_path: Path) -> None:
    path = saved(tmp_path) / "golden.safetensors"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(ConfigurationError, match=r"SHA-256 of .*golden\.safetensors"):
        read_model(tmp_path)


def test_a_copy_with_another_card_has_the_same_files_and_another_digest(tmp_path: Path) -> None:
    first = saved(tmp_path / "first")
    described = description().model_copy(update={"version": "2"})

    model = copy_bundle(first, tmp_path / "second", description=described)

    assert model.version == "2"
    assert model.digest != read_model(first).digest
    assert load_bundle(tmp_path / "second").card.files == load_bundle(first).card.files


def test_a_copy_never_replaces_a_bundle(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first"), saved(tmp_path / "second")

    with pytest.raises(ConfigurationError, match="second holds a bundle already: name another"):
        copy_bundle(first, second, description=description())


def test_a_copy_that_cannot_be_written_names_the_folder(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("a letter")

    with pytest.raises(ConfigurationError, match=r"letter/second: Not a directory"):
        copy_bundle(saved(tmp_path), tmp_path / "letter/second", description=description())


def test_damaged_weights_are_not_copied(tmp_path: Path) -> None:
    first = saved(tmp_path / "first")
    (first / "weights.safetensors").write_bytes(b"")

    with pytest.raises(ConfigurationError, match=r"weights\.safetensors"):
        copy_bundle(first, tmp_path / "second", description=description())

    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("name", ["bundle.toml", "weights.safetensors", "golden.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (saved(tmp_path) / name).unlink()

    with pytest.raises(ConfigurationError, match=rf"{name}: no such file"):
        load_bundle(tmp_path)


def test_a_golden_output_that_does_not_reproduce_is_refused(tmp_path: Path) -> None:
    replace_file(saved(tmp_path), "golden.safetensors", "logits")

    with pytest.raises(ConfigurationError, match=r"golden logits differ by 1: at most 0\.001"):
        load_bundle(tmp_path)


def test_other_weights_with_a_right_digest_are_refused_by_the_golden_output(
    tmp_path: Path,
) -> None:
    replace_file(saved(tmp_path), "weights.safetensors", "classifier.bias")

    with pytest.raises(ConfigurationError, match="golden logits differ"):
        load_bundle(tmp_path)


def test_the_shipped_bundle_reproduces_and_is_small() -> None:
    bundle = load_bundle(shipped_bundle())

    size = sum(path.stat().st_size for path in shipped_bundle().iterdir())
    assert tuple(label.name for label in bundle.card.labels) == LABELS
    assert [label.name for label in bundle.card.labels if label.flags] == list(HEADS)
    assert bundle.card.architecture == "densenet121"
    assert size <= LARGEST_SHIPPED_BYTES


def test_the_shipped_bundle_is_better_than_chance_where_it_was_validated() -> None:
    bundle = load_bundle(shipped_bundle())

    heads = [label for label in bundle.card.labels if label.flags]
    assert all((label.auroc or 0) > 0.6 for label in heads)
    assert all((label.specificity or 0) >= 0.80 for label in heads)
