"""Started by each Python whose path has this folder: where do a listener's threads spend time?

Every five milliseconds all stacks are counted; a thread that waits is counted too, so read the
result for what runs between the waits. At the end a file is left in the folder that
``BENCH_PROFILES`` names: one stack a line, outermost first, then how often it was seen, which is
what flame graph programs read.
"""

import atexit
import collections
import os
import sys
import threading
from pathlib import Path
from types import FrameType

EVERY_S = 0.005


def _stack(frame: FrameType | None) -> str:
    places = []
    while frame is not None:
        code = frame.f_code
        places.append(f"{Path(code.co_filename).stem}.{code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return ";".join(reversed(places))


def _sample(counts: "collections.Counter[str]", over: threading.Event) -> None:
    own = threading.get_ident()
    while not over.wait(EVERY_S):
        for ident, frame in sys._current_frames().items():  # noqa: SLF001
            if ident != own:
                counts[_stack(frame)] += 1


def _begin(folder: Path) -> None:
    counts: collections.Counter[str] = collections.Counter()
    over = threading.Event()
    thread = threading.Thread(target=_sample, args=(counts, over), daemon=True)
    thread.start()

    def write() -> None:
        over.set()
        thread.join()
        lines = [f"{stack} {times}\n" for stack, times in counts.most_common()]
        (folder / f"{os.getpid()}.txt").write_text("".join(lines), encoding="utf-8")

    atexit.register(write)


if "BENCH_PROFILES" in os.environ and "triage.daemon.child" in sys.orig_argv:
    _begin(Path(os.environ["BENCH_PROFILES"]))
