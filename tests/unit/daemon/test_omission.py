"""What a process does without."""

import importlib
import sys

import pytest

from triage.daemon.omission import Omission


def test_what_is_left_out_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Omission(["this"]), *sys.meta_path])

    with pytest.raises(ModuleNotFoundError, match="this is left out of this process"):
        importlib.import_module("this")


def test_everything_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Omission(["this"]), *sys.meta_path])

    assert importlib.import_module("colorsys").__name__ == "colorsys"
