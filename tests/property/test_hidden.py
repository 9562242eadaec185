"""Hidden text never shows, however it is printed."""

import logging
import pprint
from io import StringIO

import structlog
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.hidden import Hidden

names = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=3).filter(
    lambda name: name not in "[hidden] Hidden reveal"
)
alignments = st.sampled_from(["", "<", ">", "^"])
widths = st.integers(0, 40).map(lambda width: str(width or ""))


@given(names, alignments, widths)
def test_no_format_shows_it(name: str, alignment: str, width: str) -> None:
    hidden = Hidden(name)

    shown = [f"{hidden:{alignment}{width}}", f"{hidden!r}", f"{hidden!s}", f"{hidden!a}"]

    assert all(name not in each and "[hidden]" in each for each in shown)


@given(names)
def test_no_container_shows_it(name: str) -> None:
    hidden = Hidden(name)

    shown = pprint.pformat([{"a": hidden}, (hidden,), {hidden}]) + "%s %r" % (hidden, hidden)

    assert name not in shown


@given(names)
def test_no_log_line_shows_it(name: str) -> None:
    lines = StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(lines),
        processors=[structlog.processors.JSONRenderer(default=str, ensure_ascii=False)],
    )

    logger.warning("event", patient=Hidden(name))

    assert name not in lines.getvalue()


@given(names)
def test_no_error_shows_it(name: str) -> None:
    record = logging.LogRecord("x", 40, "f", 1, "%s", (ValueError(Hidden(name)),), None)

    assert name not in record.getMessage()
