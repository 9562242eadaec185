"""Pages as a browser reads them."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Notes each element and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pieces: list[str] = []
        self.feed(text)

    @property
    def text(self) -> str:
        """All text as it stands in the file."""
        return "".join(self.pieces)

    @property
    def words(self) -> str:
        """All text with one space between words, and between elements."""
        return " ".join(" ".join(self.pieces).split())

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note an element."""
        assert attrs is not None
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.pieces.append(data)
