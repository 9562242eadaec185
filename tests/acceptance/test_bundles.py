"""A bundle that is not what it says is refused before a film is seen, and no code in it runs."""

import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.acceptance.conftest import Compose
from tests.builders.sender import send
from tests.builders.traps import Trap, spring
from tests.unit.infer.bundles import description, label, network, saved
from triage.domain.errors import ConfigurationError
from triage.infer.bundle import CARD, GOLDEN, WEIGHTS, read_model, save_bundle
from triage.infer.checkpoint import network_of, read_tensors
from triage.pipeline import Route, build_route
from triage.settings import load_settings

Damage = Callable[[Path], None]
END_S = 240.0


def start(bundle: Path) -> None:
    """Do what a worker does before it says that it is ready."""
    build_route(load_settings(None, environment={"TRIAGE_MODEL__BUNDLE": str(bundle)}))


def record(bundle: Path, name: str, content: bytes) -> None:
    """Put another file in place, and record its digest as if it belonged there."""
    before = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / name).write_bytes(content)
    card = (bundle / CARD).read_text(encoding="utf-8")
    changed = card.replace(before, hashlib.sha256(content).hexdigest())
    (bundle / CARD).write_text(changed, encoding="utf-8")


def flip(path: Path, place: int) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[place // 8 % len(content)] ^= 1 << place % 8
    path.write_bytes(content)


def one_bit_of_the_weights(bundle: Path) -> None:
    flip(bundle / WEIGHTS, -100)


def one_bit_of_the_golden_output(bundle: Path) -> None:
    flip(bundle / GOLDEN, -100)


def a_pickle_for_weights(bundle: Path) -> None:
    record(bundle, WEIGHTS, pickle.dumps(Trap(bundle / "sprung")))


def a_checkpoint_for_weights(bundle: Path) -> None:
    torch.save({"trap": Trap(bundle / "sprung")}, bundle / "checkpoint")
    record(bundle, WEIGHTS, (bundle / "checkpoint").read_bytes())


def another_class(bundle: Path) -> None:
    card = (bundle / CARD).read_text(encoding="utf-8")
    second = card[card.rindex("[[labels]]") : card.index("[files]")]
    third = second.replace('"inflammation"', '"fracture"')
    (bundle / CARD).write_text(card.replace(second, second + third), encoding="utf-8")


def weights_of_an_older_version(bundle: Path) -> None:
    older = network()
    older.classifier.bias.data += 0.5
    save_bundle(bundle / "older", older, description=description())
    shutil.copy(bundle / "older" / WEIGHTS, bundle / WEIGHTS)


def weights_of_another_network(bundle: Path) -> None:
    saved(bundle / "other", label("tumour"))
    record(bundle, WEIGHTS, (bundle / "other" / WEIGHTS).read_bytes())


DAMAGES: dict[Damage, str] = {
    one_bit_of_the_weights: r"SHA-256 of .*weights\.safetensors",
    one_bit_of_the_golden_output: r"SHA-256 of .*golden\.safetensors",
    a_pickle_for_weights: r"weights\.safetensors: no valid safetensors file",
    a_checkpoint_for_weights: r"weights\.safetensors: no valid safetensors file",
    another_class: r"weights: shape of classifier\.\w+ \(2,.*\): \(3,",
    weights_of_an_older_version: r"SHA-256 of .*weights\.safetensors",
    weights_of_another_network: r"weights: shape of classifier\.\w+ \(1,.*\): \(2,",
}


@pytest.mark.parametrize(
    ("damage", "sentence"), DAMAGES.items(), ids=[damage.__name__ for damage in DAMAGES]
)
def test_a_bundle_that_is_not_what_it_says_is_refused_at_the_start(
    tmp_path: Path, damage: Damage, sentence: str
) -> None:
    damage(saved(tmp_path / "bundle"))

    with pytest.raises(ConfigurationError, match=sentence):
        start(tmp_path / "bundle")

    assert not (tmp_path / "bundle/sprung").exists()


def test_the_bundle_as_it_was_is_not_refused(tmp_path: Path) -> None:
    start(saved(tmp_path / "bundle"))


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([WEIGHTS, GOLDEN]), st.integers(0, 2**40))
def test_any_changed_bit_of_weights_or_golden_output_is_refused(
    tmp_path: Path, name: str, place: int
) -> None:
    bundle = tmp_path / "bundle"
    read_model(bundle if bundle.exists() else saved(bundle))
    flip(bundle / name, place)

    with pytest.raises(ConfigurationError, match=rf"SHA-256 of .*{re.escape(name)}"):
        read_model(bundle)

    flip(bundle / name, place)


def test_the_daemon_does_not_start_and_says_why(tmp_path: Path) -> None:
    one_bit_of_the_weights(saved(tmp_path / "bundle"))
    chosen = {
        "TRIAGE_DATA__FOLDER": str(tmp_path / "data"),
        "TRIAGE_MODEL__BUNDLE": str(tmp_path / "bundle"),
        "TRIAGE_LISTENER__PORT": "0",
    }

    ended = subprocess.run(
        [sys.executable, "-m", "triage", "serve"],
        env={**os.environ, **chosen},
        capture_output=True,
        text=True,
        check=False,
        timeout=END_S,
    )

    assert ended.returncode == 78
    assert "cannot start" in ended.stderr
    assert "SHA-256 of" in ended.stderr
    assert "ready" not in ended.stdout


@pytest.mark.parametrize("backend", ["sqlite"])
def test_every_result_names_the_bundle_by_its_digest(
    compose: Compose, flagging_route: Route, flagging_bundle: Path, samples: Path
) -> None:
    with compose(route=flagging_route) as house:
        send([samples / "dx_mass.dcm", samples / "dx_infiltrate.dcm"], house.peer)
        house.settle()
        digests = [row.bundle_digest for row in house.rows("assessment")]

    assert digests == [read_model(flagging_bundle).digest] * 2


def test_a_loader_that_asks_for_no_digest_is_noticed(tmp_path: Path) -> None:
    bundle = saved(tmp_path / "bundle")
    whole = {name: tensor.clone() for name, tensor in read_tensors(bundle / WEIGHTS).items()}
    one_bit_of_the_weights(bundle)

    changed = read_tensors(bundle / WEIGHTS)
    network_of(changed, "densenet-tiny", labels=2)

    assert [name for name in whole if not torch.equal(whole[name], changed[name])]


@pytest.mark.parametrize("damage", [a_pickle_for_weights, a_checkpoint_for_weights])
def test_a_loader_that_unpickles_is_noticed(tmp_path: Path, damage: Damage) -> None:
    bundle = saved(tmp_path / "bundle")
    damage(bundle)

    spring((bundle / WEIGHTS).read_bytes())

    assert (bundle / "sprung").exists()
