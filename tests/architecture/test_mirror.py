"""Every module has its test file, so that a reader finds it without a search.

``triage/<path>/<name>.py`` is tested by ``tests/unit/<path>/test_<name>.py``, or by
``test_<name>.py`` in the group of tests that brings what it needs: a database or a peer.
The few modules that are seen only in a running daemon are listed with the file that runs them.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
GROUPS = ("database", "protocol", "acceptance", "crash")
IN_A_RUNNING_DAEMON = {
    Path("daemon/child.py"): "crash/test_kill.py",
    Path("daemon/supervisor.py"): "acceptance/test_serve.py",
    Path("daemon/worker.py"): "acceptance/test_operator.py",
    Path("daemon/judge.py"): "acceptance/test_route.py",
    Path("pipeline.py"): "acceptance/test_route.py",
    Path("receive/keeper.py"): "database/test_listener.py",
    Path("receive/stock.py"): "protocol/test_scp.py",
    Path("receive/streaming.py"): "protocol/test_fragments.py",
    Path("receive/visitor.py"): "protocol/test_scp.py",
}
MODULES = sorted(
    path.relative_to(ROOT / "triage")
    for path in (ROOT / "triage").rglob("*.py")
    if not path.name.startswith("__")
)


def places(module: Path) -> list[Path]:
    """Name every file that may test a module."""
    name = f"test_{module.name}"
    own = [TESTS / "unit" / module.parent / name, *(TESTS / group / name for group in GROUPS)]
    return own + [TESTS / file for path, file in IN_A_RUNNING_DAEMON.items() if path == module]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_every_module_has_its_test_file(module: Path) -> None:
    found = [place for place in places(module) if place.is_file()]

    assert found, f"no test_{module.name} in {TESTS / 'unit' / module.parent}"


@pytest.mark.parametrize("module", IN_A_RUNNING_DAEMON, ids=str)
def test_a_module_with_a_file_of_its_own_is_not_listed(module: Path) -> None:
    own = [place for place in places(module) if place.name == f"test_{module.name}"]

    assert module in MODULES
    assert not [place for place in own if place.is_file()]


def test_every_unit_test_file_has_its_module() -> None:
    tested = {
        path.relative_to(TESTS / "unit").parent / path.name.removeprefix("test_")
        for path in (TESTS / "unit").rglob("test_*.py")
        if (ROOT / "triage" / path.relative_to(TESTS / "unit").parent).is_dir()
    }

    assert tested - set(MODULES) == set()
