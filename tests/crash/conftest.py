"""The fixtures of the route serve here too; and a house of listeners alone."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.acceptance.conftest import (
    compose,
    flagging_bundle,
    flagging_route,
    house,
    pacs,
    samples,
    settings,
)
from tests.crash.site import Site

__all__ = ["compose", "flagging_bundle", "flagging_route", "house", "pacs", "samples", "settings"]

Tell = Callable[[str], None]


@pytest.fixture
def site(database: Engine, tmp_path: Path) -> Site:
    """A house of listeners on each database in turn."""
    return Site(tmp_path / "data", database)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Print something that everybody shall see, also of a test that passes."""

    def told(line: str) -> None:
        with capsys.disabled():
            sys.stderr.write(f"\n{line}\n")

    return told
