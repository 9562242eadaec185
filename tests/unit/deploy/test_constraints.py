"""``constraints.txt`` pins everything that an installation needs."""

import re
from importlib.metadata import distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILE = Path(__file__).parents[3] / "constraints.txt"
LINES = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
PINS = {
    canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
    for pin in map(Requirement, LINES)
}
UNPINNED = {"cxr-triage", "pip", "setuptools"}


def needed(requirement: str, found: set[str]) -> set[str]:
    """Gather a requirement and all that it needs here, by canonical name."""
    wanted = Requirement(requirement)
    name = canonicalize_name(wanted.name)
    key = f"{name}[{','.join(sorted(wanted.extras))}]"
    if key in found:
        return found
    found.add(key)
    for line in distribution(name).requires or ():
        further = Requirement(line)
        extras = wanted.extras or {""}
        if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in extras):
            further.marker = None
            needed(str(further), found)
    return found


def test_what_is_needed_is_pinned_to_what_was_tested() -> None:
    names = {key.partition("[")[0] for key in needed("cxr-triage[test]", set())} - UNPINNED

    installed = {canonicalize_name(name): version(name).partition("+")[0] for name in names}

    assert installed.keys() <= PINS.keys()
    assert {name: PINS[name] for name in installed} == installed


def test_a_pin_names_one_release_and_no_place() -> None:
    pattern = r'[a-z0-9-]+==[0-9][0-9a-z.]*( ; platform_machine == "x86_64")?'

    assert [line for line in LINES if not re.fullmatch(pattern, line)] == []
