from pathlib import Path

import cv2
import numpy as np

from triage.cli.train_screener import train_screener
from triage.infer.screener import load_screener


def test_training_ends_with_a_screener_that_loads(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = ["file,patient_id,split,dataset,licence"]
    for number in range(100):
        name = f"film-{number}.png"
        cv2.imwrite(str(tmp_path / name), random.integers(0, 256, (64, 64), dtype=np.uint8))
        lines.append(f"{name},patient-{number:03},train,drawn,free")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")

    train_screener(tmp_path, to=tmp_path / "made", steps=20)

    assert load_screener(tmp_path / "made").limits.residual > 0
