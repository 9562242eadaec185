"""Hidden text never shows, however it is printed: every text prints as every other does."""

import logging
import pprint
from io import StringIO

import structlog
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.hidden import Hidden

names = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=3)
alignments = st.sampled_from(["", "<", ">", "^"])
widths = st.integers(0, 40).map(lambda width: str(width or ""))


@given(names, names, alignments, widths)
def test_no_format_shows_it(name: str, other: str, alignment: str, width: str) -> None:
    shown = [
        [f"{hidden:{alignment}{width}}", f"{hidden!r}", f"{hidden!s}", f"{hidden!a}"]
        for hidden in (Hidden(name), Hidden(other))
    ]

    assert shown[0] == shown[1]
    assert all("[hidden]" in each for each in shown[0])


@given(names, names)
def test_no_container_shows_it(name: str, other: str) -> None:
    shown = [
        pprint.pformat([{"a": hidden}, (hidden,), {hidden}]) + "%s %r" % (hidden, hidden)
        for hidden in (Hidden(name), Hidden(other))
    ]

    assert shown[0] == shown[1]


@given(names, names)
def test_no_log_line_shows_it(name: str, other: str) -> None:
    assert log_line(patient=Hidden(name)) == log_line(patient=Hidden(other))
    assert name in log_line(patient=name)


@given(names, names)
def test_no_error_shows_it(name: str, other: str) -> None:
    shown = [
        logging.LogRecord("x", 40, "f", 1, "%s", (ValueError(hidden),), None).getMessage()
        for hidden in (Hidden(name), Hidden(other))
    ]

    assert shown[0] == shown[1]


def log_line(**fields: object) -> str:
    lines = StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(lines),
        processors=[structlog.processors.JSONRenderer(default=str, ensure_ascii=False)],
    )
    logger.warning("event", **fields)
    return lines.getvalue()
