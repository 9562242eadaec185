"""What is loaded, and what happens, when a module is imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "triage").rglob("*.py")
    if path.name != "__main__.py"
)
LIBRARIES = "torch torchvision cv2 matplotlib pydicom pynetdicom sqlalchemy"
OBSERVE = """
import importlib, json, sys, threading, warnings
for name in sys.argv[1].split():
    importlib.import_module(name)
before = threading.active_count(), list(warnings.filters)
for name in sys.argv[2].split():
    importlib.import_module(name)
after = threading.active_count(), list(warnings.filters)
print(json.dumps({"loaded": sorted(sys.modules), "same": before == after}))
"""


def observe(*modules: str, after: str = "") -> dict[str, object]:
    """Import modules in a fresh interpreter and tell what was loaded and changed."""
    command = [sys.executable, "-c", OBSERVE, after, " ".join(modules)]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def loaded(*modules: str) -> set[str]:
    seen = observe(*modules)["loaded"]
    assert isinstance(seen, list)
    return set(seen)


@pytest.mark.parametrize(
    "module",
    [
        "triage.daemon.listener",
        "triage.daemon.courier",
        "triage.daemon.scheduler",
        "triage.daemon.nightly",
    ],
)
def test_only_the_worker_loads_the_network_and_the_pictures(module: str) -> None:
    assert loaded(module).isdisjoint({"torch", "torchvision", "cv2"})


def test_the_worker_does_load_them_but_neither_torchvision_nor_a_compiler() -> None:
    found = loaded("triage.daemon.worker")

    assert {"torch", "cv2"} <= found
    assert found.isdisjoint({"torchvision", "torch._dynamo", "matplotlib", "openvino"})


def test_a_bundle_is_loaded_without_a_compiler() -> None:
    program = (
        "import sys\n"
        "from triage.infer.bundle import load_bundle, shipped_bundle\n"
        "load_bundle(shipped_bundle())\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT).returncode == 0


def test_the_command_line_loads_a_command_only_when_it_is_called() -> None:
    assert loaded("triage.cli.commands").isdisjoint({"torch", "cv2", "sqlalchemy", "pynetdicom"})


def test_predictions_of_a_file_are_evaluated_without_the_network() -> None:
    assert loaded("triage.cli.evaluate").isdisjoint({"torch", "torchvision", "cv2", "pydicom"})


@pytest.mark.parametrize("command", ["report", "reads"])
def test_reads_and_reports_need_neither_the_network_nor_the_pixels(command: str) -> None:
    heavy = {"torch", "torchvision", "cv2", "pydicom", "matplotlib"}

    assert loaded(f"triage.cli.{command}").isdisjoint(heavy)


def test_a_bundle_is_evaluated_with_it() -> None:
    assert {"torch", "cv2"} <= loaded("triage.evaluate.films")


def test_the_domain_loads_no_library_but_numpy() -> None:
    ours = [name for name in MODULES if name.startswith("triage.domain")]

    assert loaded(*ours).isdisjoint({"pydicom", "sqlalchemy", "torch", "cv2", "pydantic"})


def test_importing_everything_starts_nothing_and_changes_no_filter() -> None:
    assert observe(*MODULES, after=LIBRARIES)["same"] is True


def test_a_started_thread_would_be_noticed() -> None:
    seen = observe("tests.architecture.starts_a_thread")

    assert seen["same"] is False
