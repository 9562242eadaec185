"""pynetdicom's own SCP, as it comes: what a listener is without a door."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from pynetdicom import AE

from tests.builders.dataset import CR


@contextmanager
def stock_listener(*, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on a free port, and yield it."""
    entity = AE("STOCK")
    entity.add_supported_context(CR)
    server = entity.start_server(("127.0.0.1", 0), block=False, ssl_context=tls)
    assert server is not None
    try:
        yield int(server.server_address[1])
    finally:
        entity.shutdown()
