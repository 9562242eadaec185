"""Values of a report as a terminal, a page and a spreadsheet may have them."""

from triage.database.statistics import Value

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell of text that begins so, wide forms too, is computed unless a quote stands before it."""


def shown(value: Value) -> str:
    r"""Write a value in one printable line: four significant digits, a dash for nothing.

    >>> shown(0.123456), shown(None), shown("A\x1b[2J")
    ('0.1235', '-', 'A?[2J')
    """
    if value is None:
        return "-"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def defused(value: Value) -> Value:
    """Put a quote before text that a spreadsheet would compute.

    >>> defused("=1+1"), defused(-1)
    ("'=1+1", -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
