import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from triage.train.durable import put_in_place, replace_text

REPLACE = """
import sys
from pathlib import Path
from triage.train.durable import replace_text
replace_text(Path(sys.argv[1]), "new")
"""
CALLS = r"fsync\(\d+<.*/settings\.partial>|rename.*settings\.json|fsync\(\d+<.*/run>"


@pytest.mark.skipif(not shutil.which("strace"), reason="NO strace: system calls cannot be watched")
def test_a_file_is_on_the_disk_before_its_name_and_its_name_before_all_else(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    watched = ["strace", "-f", "-y", "-e", "trace=/^rename|fsync", "-o", str(tmp_path / "calls")]
    replace = [sys.executable, "-c", REPLACE, str(tmp_path / "run/settings.json")]

    subprocess.run([*watched, *replace], check=True)

    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    found = [re.sub(r"^\d+ +", "", call)[:6] for call in calls if re.search(CALLS, call)]
    assert found == ["fsync(", "rename", "fsync("]


def test_a_text_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    for text in ("old", "new"):
        replace_text(tmp_path / "log.jsonl", text)

    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]
    assert (tmp_path / "log.jsonl").read_text("utf-8") == "new"


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"1")
    (tmp_path / "new").write_bytes(b"2")

    put_in_place(tmp_path / "new", tmp_path / "old")

    assert (tmp_path / "old").read_bytes() == b"2"
    assert not (tmp_path / "new").exists()
