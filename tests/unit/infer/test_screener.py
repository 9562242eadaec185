import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.infer.films import film
from triage.domain.assessment import RefusalCode
from triage.domain.errors import ConfigurationError
from triage.infer.likeness import Likeness, LikenessNetwork
from triage.infer.look import look_at
from triage.infer.screener import (
    Limits,
    Origin,
    load_screener,
    save_screener,
    shipped_screener,
    verdict,
)

LIMITS = Limits(upright=0.8, strangeness=1.5, residual=0.25)
GOOD = Likeness(upright=0.8, turned=0.1, inverted=0.1, strangeness=1.5, residual=0.25)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(7)
    origin = Origin(recipe="none", films=0, sources=("none",), measured="never")
    save_screener(tmp_path, LikenessNetwork(4).eval(), limits=LIMITS, training=origin)
    return tmp_path


def test_a_film_at_every_limit_passes() -> None:
    assert verdict(GOOD, LIMITS) is None


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Likeness(0.1, 0.2, 0.7, 1, 0.1), RefusalCode.INVERTED),
        (Likeness(0.1, 0.7, 0.2, 1, 0.1), RefusalCode.ROTATED),
        (Likeness(0.79, 0.1, 0.1, 1, 0.1), RefusalCode.NOT_FRONTAL_CHEST),
        (Likeness(0.9, 0, 0, 1.51, 0.1), RefusalCode.NOT_FRONTAL_CHEST),
        (Likeness(0.9, 0, 0, 1, 0.26), RefusalCode.NOT_FRONTAL_CHEST),
        (Likeness(float("nan"), 0, 0, 1, 0.1), RefusalCode.NOT_FRONTAL_CHEST),
    ],
)
def test_a_film_beyond_a_limit_is_refused_by_its_code(found: Likeness, code: RefusalCode) -> None:
    refusal = verdict(found, LIMITS)

    assert refusal is not None
    assert refusal.code is code


def test_the_sentence_names_value_and_limit() -> None:
    refusal = verdict(Likeness(0.9, 0, 0, 1.75, 0.1), LIMITS)

    assert refusal is not None
    assert re.search(r"distance 1\.750, the limit is 1\.500", refusal.sentence)


def test_a_saved_screener_loads(saved: Path) -> None:
    assert load_screener(saved).limits == LIMITS


@pytest.mark.parametrize("name", ["weights.safetensors", "golden.safetensors"])
def test_a_file_that_is_not_the_recorded_one_is_refused(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"other")

    with pytest.raises(ConfigurationError, match="is recorded"):
        load_screener(saved)


def test_a_card_with_an_unknown_key_is_refused(saved: Path) -> None:
    card = saved / "screener.toml"
    card.write_text("colour = 1\n" + card.read_text())

    with pytest.raises(ConfigurationError, match="colour"):
        load_screener(saved)


def test_a_missing_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load_screener(tmp_path)


def test_the_shipped_screener_refuses_a_plain_film() -> None:
    plain = look_at(film(np.full((200, 160), 0.5, np.float32)))

    refusal = load_screener(shipped_screener()).judge(plain)

    assert refusal is not None
    assert refusal.code is RefusalCode.NOT_FRONTAL_CHEST


def test_the_shipped_screener_takes_less_than_two_megabytes() -> None:
    assert sum(path.stat().st_size for path in shipped_screener().iterdir()) < 2_000_000
