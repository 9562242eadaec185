import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import densenet121

from tests.builders.checkpoints import GrayNetwork, WrappedNetwork, hollow
from tests.builders.traps import Trap
from tests.unit.infer.films import film
from tests.unit.infer.foreign.conftest import Published
from triage.domain.errors import ConfigurationError, RefusedCheckpoint
from triage.infer.bundle import Bundle, load_bundle
from triage.infer.foreign.conversion import import_checkpoint
from triage.infer.foreign.formats import FORMATS
from triage.infer.foreign.torchxrayvision import OPERATING_POINTS, OUTPUTS
from triage.infer.gradcam import class_maps
from triage.infer.input import network_input
from triage.infer.predictor import Predictor


@pytest.fixture(scope="module")
def colour() -> Tensor:
    return 4 * torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(1)) - 2


@pytest.fixture(scope="module")
def gray_batch() -> Tensor:
    noise = torch.rand(2, 1, 96, 96, generator=torch.Generator().manual_seed(2))
    return 1024 * (2 * noise - 1)


@pytest.fixture(scope="module")
def all_findings(gray: Published, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("all")
    import_checkpoint(gray.path, "torchxrayvision-all", folder)
    return load_bundle(folder)


@torch.inference_mode()
def probabilities(network: nn.Module, batch: Tensor) -> Tensor:
    answer = network(batch)
    return answer if isinstance(answer, Tensor) else torch.sigmoid(answer.logits)


def loaded_as_the_project_does(path: Path) -> nn.Module:
    """Load a state as its project's code does, with the names of today's torchvision."""
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    dotted = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d)")
    named = {dotted.sub(r"\1\2", name).removeprefix("module."): t for name, t in state.items()}
    network = WrappedNetwork()
    network.load_state_dict(named)
    return network.eval()


def test_zoogzogs_network_gives_the_same_numbers(
    tmp_path: Path, zoogzog: Published, colour: Tensor
) -> None:
    done = import_checkpoint(zoogzog.path, "zoogzog", tmp_path)

    expected = probabilities(loaded_as_the_project_does(zoogzog.path), colour)
    found = probabilities(load_bundle(tmp_path).network, colour)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
    assert float(expected.std()) > 0.05
    assert done.left_out == "epoch, best_loss, optimizer"


def test_arnowengs_network_gives_the_same_numbers(
    tmp_path: Path, arnoweng: Published, colour: Tensor
) -> None:
    import_checkpoint(arnoweng.path, "arnoweng", tmp_path)

    expected = probabilities(loaded_as_the_project_does(arnoweng.path), colour)
    found = probabilities(load_bundle(tmp_path).network, colour)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_jrzechs_network_gives_the_same_numbers(
    tmp_path: Path, jrzech: Published, colour: Tensor
) -> None:
    import_checkpoint(jrzech.path, "jrzech", tmp_path)

    whole = torch.load(jrzech.path, weights_only=False)["model"]
    found = probabilities(load_bundle(tmp_path).network, colour)
    torch.testing.assert_close(found, probabilities(whole, colour), atol=1e-6, rtol=0)


def test_jrzechs_first_network_gives_the_same_numbers(
    tmp_path: Path, jrzech_of_2018: Published, colour: Tensor
) -> None:
    import_checkpoint(jrzech_of_2018.path, "jrzech", tmp_path)

    expected = probabilities(jrzech_of_2018.network, colour)
    found = probabilities(load_bundle(tmp_path).network, colour)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_torchxrayvisions_network_gives_the_same_numbers(
    gray: Published, all_findings: Bundle, gray_batch: Tensor
) -> None:
    expected = probabilities(gray.network, gray_batch)
    found = probabilities(all_findings.network, gray_batch)

    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
    assert float(expected.std()) > 0.05


def test_a_film_gets_the_probabilities_that_torchxrayvision_prints(
    gray: Published, all_findings: Bundle
) -> None:
    shown = film(np.random.default_rng(6).random((260, 250), dtype=np.float32))

    (assessment,) = Predictor(all_findings, device="cpu").assess([shown])

    batch, _ = network_input(shown, all_findings.card.input.spec)
    raw = probabilities(gray.network, batch[None])[0].double().tolist()
    expected = {}
    for output, p in zip(OUTPUTS, raw, strict=True):
        point = OPERATING_POINTS["all"][output]
        above = 1 - (1 - p) / (2 * (1 - point))
        expected[output] = p / (2 * point) if p < point else above
    found = {finding.label: finding.probability for finding in assessment.findings}
    assert [found[output] for output in OUTPUTS] == pytest.approx(list(expected.values()), abs=1e-5)


def test_outputs_that_were_not_trained_are_dropped(
    tmp_path: Path, gray: Published, gray_batch: Tensor
) -> None:
    done = import_checkpoint(gray.path, "torchxrayvision-rsna", tmp_path)

    kept = [OUTPUTS.index("Pneumonia"), OUTPUTS.index("Lung_Opacity")]
    bundle = load_bundle(tmp_path)
    expected = probabilities(gray.network, gray_batch)[:, kept]
    torch.testing.assert_close(probabilities(bundle.network, gray_batch), expected)
    assert done.untrained == 16
    assert bundle.card.outputs == ("Pneumonia", "Lung_Opacity")


def test_grad_cam_of_one_channel_equals_autograd(all_findings: Bundle, gray_batch: Tensor) -> None:
    network = all_findings.network
    features = network.activations(gray_batch).features.detach().requires_grad_()
    logit = network.classifier(features.mean(dim=(2, 3)))[:, 7].sum()
    (gradients,) = torch.autograd.grad(logit, features)
    expected = torch.relu((gradients.mean(dim=(2, 3), keepdim=True) * features.detach()).sum(dim=1))

    found = class_maps(features.detach(), network.classifier.weight)[:, 7]

    assert float(expected.max()) > 0
    assert float((found - expected).abs().max()) <= 1e-6 * float(expected.max())


def test_the_bundle_says_where_it_comes_from(all_findings: Bundle) -> None:
    card = all_findings.card

    assert card.name == "torchxrayvision-all"
    assert card.version in card.training.recipe
    assert card.training.films is None


def test_a_folder_with_a_bundle_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "bundle.toml").touch()

    with pytest.raises(ConfigurationError, match="holds a bundle already"):
        import_checkpoint(tmp_path / "file", "zoogzog", tmp_path)


def state() -> dict[str, Tensor]:
    """Name everything in a network of 14 outputs; the weights are hollow."""
    return hollow(densenet121(num_classes=14).state_dict(), {})


def refusal(folder: Path, saved: object, name: str = "zoogzog") -> str:
    torch.save(saved, folder / "file.pt")
    with pytest.raises(RefusedCheckpoint) as refused:
        import_checkpoint(folder / "file.pt", name, folder / "bundle")
    assert not (folder / "bundle").exists()
    return str(refused.value).removeprefix(f"{folder / 'file.pt'}: ")


def test_a_missing_tensor_is_refused_by_name(tmp_path: Path) -> None:
    less = state()
    del less["features.norm5.bias"], less["classifier.weight"]

    said = refusal(tmp_path, {"state_dict": less})

    assert said == "2 tensors missing: classifier.weight, features.norm5.bias"


def test_an_unknown_tensor_is_refused_by_name(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"state_dict": state() | {"attention.weight": torch.zeros(2)}})

    assert said == "1 tensor unknown to a DenseNet-121: attention.weight"


def test_a_larger_densenet_is_refused_by_what_it_has_more(tmp_path: Path) -> None:
    more = state() | {
        f"features.denseblock3.denselayer{n}.norm1.bias": torch.zeros(2) for n in (25, 26)
    }

    assert "2 tensors unknown" in refusal(tmp_path, {"state_dict": more})


@pytest.mark.parametrize("outputs", [1, 15, 1000])
def test_a_wrong_number_of_outputs_is_refused(tmp_path: Path, outputs: int) -> None:
    wrong = hollow(state(), {"classifier.weight": (outputs, 1024), "classifier.bias": (outputs,)})

    said = refusal(tmp_path, {"state_dict": wrong})

    assert said == f"{outputs} outputs: the format has 14"


def test_a_network_of_three_channels_is_refused_where_one_is_meant(tmp_path: Path) -> None:
    wrong = hollow(state(), {"classifier.weight": (18, 1024), "classifier.bias": (18,)})

    said = refusal(tmp_path, wrong, "torchxrayvision-all")

    assert said == "shape of features.conv0.weight (64, 3, 7, 7): (64, 1, 7, 7)"


def test_another_entry_is_refused_with_what_the_file_holds(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"net": {}, "epoch": 3}) == "no entry state_dict; it holds net, epoch"


def test_names_in_a_file_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"\x1b[2J": {}, "\n": 1})

    assert said == r"no entry state_dict; it holds '\x1b[2J', '\n'"


def test_code_beside_the_weights_is_refused_and_does_not_run(tmp_path: Path) -> None:
    said = refusal(tmp_path, {"state_dict": state(), "extra": Trap(tmp_path / "sprung")})

    assert said.startswith("the pickle asks for 'posix.mkdir': only tensors")
    assert not (tmp_path / "sprung").exists()


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    broken = densenet121(num_classes=14).state_dict()
    broken["classifier.bias"][3] = torch.nan

    said = refusal(tmp_path, {"state_dict": broken})

    assert said == "weights: classifier.bias holds a value that is not finite"


def test_operating_points_of_another_network_are_refused(tmp_path: Path) -> None:
    points = torch.tensor(list(OPERATING_POINTS["all"].values()))
    saved = hollow(GrayNetwork(points).state_dict(), {}) | {"op_threshs": points.flip(0)}

    said = refusal(tmp_path, saved, "torchxrayvision-all")

    assert said == "op_threshs are not those of this format"


def test_a_file_published_as_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nih-densenet121-d121-tw-lr001-rot45-tr15-sc15-seed0-best.pt"

    with pytest.raises(RefusedCheckpoint, match="published as torchxrayvision-nih, not as"):
        import_checkpoint(path, "torchxrayvision-all", tmp_path / "bundle")


@pytest.mark.parametrize("name", FORMATS)
def test_a_missing_file_is_refused_in_every_format(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedCheckpoint, match=r"none\.pt: No such file"):
        import_checkpoint(tmp_path / "none.pt", name, tmp_path / "bundle")
