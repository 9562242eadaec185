import socket

import pytest

from triage.domain.errors import BusyError
from triage.receive.listening import listen_on


def test_port_0_takes_a_free_one() -> None:
    with listen_on("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listening.accept()

    accepted.close()
    assert port > 0


def test_nobody_waits_for_a_caller_that_another_process_took() -> None:
    with listen_on("127.0.0.1", 0) as listening, pytest.raises(BlockingIOError):
        listening.accept()


def test_a_port_that_is_taken_is_busy() -> None:
    with listen_on("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(BusyError, match=f"listen on 127.0.0.1:{port}: Address already in use"):
            listen_on("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BusyError, match=r"listen on 192\.0\.2\.1:0: Cannot assign"):
        listen_on("192.0.2.1", 0)
