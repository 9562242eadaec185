from pathlib import Path

import pytest

from triage.domain.labels import CHESTXRAY14
from triage.infer.foreign.formats import FORMATS


@pytest.mark.parametrize("name", ["zoogzog", "arnoweng", "jrzech"])
def test_networks_of_chestxray14_have_its_findings_and_see_three_channels(name: str) -> None:
    assert FORMATS[name].outputs == CHESTXRAY14
    assert FORMATS[name].input.spec.channels == 3


@pytest.mark.parametrize("name", [name for name in FORMATS if name.startswith("torchx")])
def test_networks_of_torchxrayvision_see_one_channel_from_minus_to_plus_1024(name: str) -> None:
    spec = FORMATS[name].input.spec

    assert (spec.channels, spec.size, spec.extremes) == (1, 224, (-1024.0, 1024.0))
    assert len(FORMATS[name].outputs) == 18


def test_an_output_that_was_not_trained_has_no_name() -> None:
    trained = [output for output in FORMATS["torchxrayvision-rsna"].outputs if output]

    assert trained == ["Pneumonia", "Lung_Opacity"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_page_on_models_names_every_format(name: str) -> None:
    page = (Path(__file__).parents[4] / "docs/models.md").read_text("utf-8")

    assert f"`{name}`" in page or f"`{name.removeprefix('torchxrayvision')}`" in page
