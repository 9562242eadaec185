from datetime import UTC, date, datetime

import pytest

from tests.unit.cli.pages import Reader
from triage.cli.page import page
from triage.cli.plot import MOST
from triage.database.questions import DAILY_VOLUME, FINDINGS, FLAG_RATE, TURN_ROUND, WORKLIST
from triage.database.statistics import Report, Table, Value

SINCE, NOW = date(2026, 1, 1), datetime(2026, 1, 5, 12, tzinfo=UTC)
HOSTILE = """\"'><img src=x onerror=alert(1)><script>alert(1)</script>"""


def written(report: Report, *rows: dict[str, Value]) -> str:
    names = tuple(name for name, _ in report.columns)
    table = Table(names, [tuple(row.get(name) for name in names) for row in rows])
    return page(report, table, since=SINCE, now=NOW)


@pytest.mark.parametrize(
    "report", [DAILY_VOLUME, FLAG_RATE, TURN_ROUND, WORKLIST], ids=lambda r: str(r.name)
)
def test_html_in_any_cell_is_text(report: Report) -> None:
    cells: dict[str, Value] = {name: HOSTILE for name, _ in report.columns}
    drawn: dict[str, Value] = {"day": "2026-01-05", "instances": 1, "flag_rate": 0.5}

    read = Reader(written(report, cells | drawn))

    assert not {"img", "script"} & set(read.tags)
    assert HOSTILE in read.text


def test_a_page_loads_nothing() -> None:
    told = written(FINDINGS, {"label": "tumour", "reached_rate": 0.5})

    assert "default-src 'none'" in told
    assert "src=" not in told
    assert "href=" not in told


def test_each_series_has_its_panel_along_the_days() -> None:
    days: list[dict[str, Value]] = [
        {"day": f"2026-01-0{day}", "calling_ae_title": title, "instances": day}
        for day in (1, 2, 3)
        for title in ("CR1", "CR2")
    ]

    read = Reader(written(DAILY_VOLUME, *days))

    assert read.tags.count("svg") == 2
    assert read.tags.count("rect") == 6


def took(stage: str, seconds: float) -> dict[str, Value]:
    return {"day": "2026-01-05", "stage": stage, "p95_s": seconds}


def test_a_plot_is_named_in_words_with_its_unit() -> None:
    told = Reader(written(TURN_ROUND, took("1 decode", 0.8954))).text

    assert "95th percentile of the time taken, by day" in told
    assert "1 decode: at most 0.8954 s" in told
    assert "p95_s by day" not in told


def test_a_series_that_is_0_on_every_day_is_said_to_be_and_not_drawn() -> None:
    read = Reader(written(TURN_ROUND, took("1 decode", 0.5), took("3 compose", 0.0)))

    assert "3 compose: 0 all the time." in read.text
    assert read.tags.count("svg") == 1


def test_too_many_bars_are_cut_and_said_to_be_and_every_row_is_in_the_table() -> None:
    rows: list[dict[str, Value]] = [
        {"label": f"label {number}", "reached_rate": 0.1} for number in range(MOST + 1)
    ]

    read = Reader(written(FINDINGS, *rows))

    assert f"The first {MOST} of {MOST + 1} rows are drawn." in read.text
    assert read.tags.count("rect") == MOST
    assert read.tags.count("tr") == MOST + 2


def test_a_report_without_rows_says_so() -> None:
    read = Reader(written(FINDINGS))

    assert "0 rows." in read.text
    assert "no rows" in read.text
    assert "svg" not in read.tags
