"""A PACS that does what a script says: it answers, aborts, closes, hangs, trickles."""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, MaximumLengthNotification
from pynetdicom.presentation import PresentationContext

from tests.builders.pdus import (
    ABORT,
    ASSOCIATE_RJ,
    COMMAND_FIELD,
    DATA_SET_TYPE,
    ELEMENT,
    HEADER,
    MESSAGE_ID,
    PDV,
    RELEASE_RP,
    RELEASE_RQ,
    STATUS,
    command_set,
    message,
    pdu,
)
from triage.domain.study import Peer

RESPONDED_TO, RESPONSE, NO_DATA_SET = 0x0120, 0x8000, 0x0101
COMES = 10.0

Accepts = Callable[[str, list[str]], str | None]
"""Chooses one of the proposed transfer syntaxes of an abstract syntax, or none."""


def first_syntax(_abstract: str, proposed: list[str]) -> str | None:
    return proposed[0]


class Released(Exception):
    """The requestor released the association, and got its answer."""


@dataclass(frozen=True)
class Heard:
    """A message of the requestor."""

    context_id: int
    command: Mapping[int, bytes]
    data_set: bytes

    @property
    def field(self) -> int:
        return int.from_bytes(self.command[COMMAND_FIELD], "little")

    def uid(self, element: int) -> str:
        return self.command[element].decode().strip("\0")


@dataclass
class Talk:
    """One connection, seen from the PACS."""

    connection: socket.socket
    end: threading.Event
    heard: list[Heard] = field(default_factory=list)

    def read_pdu(self) -> tuple[int, bytes]:
        kind, length = HEADER.unpack(self._read(HEADER.size))
        return kind, self._read(length)

    def hear_request(self) -> A_ASSOCIATE:
        kind, body = self.read_pdu()
        asked = A_ASSOCIATE_RQ()
        asked.decode(pdu(kind, body))
        return asked.to_primitive()

    def accept(self, accepts: Accepts = first_syntax, *, longest: int = 0) -> list[int]:
        """Hear the request and accept it; return the IDs of the accepted contexts."""
        asked = self.hear_request()
        maximum = MaximumLengthNotification()
        maximum.maximum_length_received = longest
        results = [
            _result(context, accepts) for context in asked.presentation_context_definition_list
        ]
        asked.result, asked.result_source = 0, 1
        asked.presentation_context_definition_results_list = results
        asked.user_information = [maximum, *asked.user_information[1:2]]
        answer = A_ASSOCIATE_AC()
        answer.from_primitive(asked)
        self.say(answer.encode())
        return [int(context.context_id or 0) for context in results if context.result == 0]

    def reject(self, result: int, source: int, reason: int) -> None:
        self.hear_request()
        self.say(pdu(ASSOCIATE_RJ, bytes((0, result, source, reason))))

    def hear(self) -> Heard:
        """Read a whole message; a release is answered, and raised."""
        command, data_set, whole = b"", b"", False
        context_id = 0
        while not whole:
            kind, body = self.read_pdu()
            if kind == RELEASE_RQ:
                self.say(pdu(RELEASE_RP, bytes(4)))
                raise Released
            place = 0
            while place < len(body):
                length, context_id, control = PDV.unpack_from(body, place)
                part, place = body[place + PDV.size : place + 4 + length], place + 4 + length
                command, data_set = (
                    (command + part, data_set) if control & 1 else (command, data_set + part)
                )
                no_data = control & 1 and elements(command)[DATA_SET_TYPE] == b"\x01\x01"
                whole = bool(control & 2) and (not control & 1 or bool(no_data))
        self.heard.append(Heard(context_id, elements(command), data_set))
        return self.heard[-1]

    def answer(self, heard: Heard, status: int, data_set: bytes = b"", **more: bytes) -> None:
        self.say(response(heard, status, data_set, **more))

    def serve(self, answer: Callable[[Heard], int]) -> None:
        """Answer every message until the requestor leaves."""
        with suppress(Released, EOFError):
            while True:
                heard = self.hear()
                self.answer(heard, answer(heard))

    def say(self, what: bytes) -> None:
        self.connection.sendall(what)

    def trickle(self, what: bytes, *, every_s: float) -> None:
        """Say a byte at a time, until the other end has enough or the test ends."""
        for byte in what:
            self.say(bytes((byte,)))
            if self.end.wait(every_s):
                return

    def abort(self) -> None:
        self.say(ABORT)

    def hang(self) -> None:
        """Say nothing more until the test ends or the requestor leaves."""
        while not self.end.is_set() and self.connection.recv(65_536):
            pass

    def _read(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            part = self.connection.recv(count - len(received))
            if not part:
                raise EOFError
            received += part
        return received


@dataclass
class ScriptedPacs:
    """A scripted PACS, and the conversations that it had."""

    peer: Peer
    talks: list[Talk]

    def heard(self, command_field: int) -> list[Heard]:
        """Return the messages of a kind, of all conversations."""
        return [
            heard for talk in self.talks for heard in talk.heard if heard.field == command_field
        ]


Script = Callable[[Talk], None]


@contextmanager
def scripted_pacs(
    *scripts: Script, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedPacs]:
    """Run a PACS that treats each connection by its script, and further ones by the last."""
    if tls is not None:
        scripts = tuple(partial(_secured, script, tls) for script in scripts)
    end = threading.Event()
    with socket.create_server(("127.0.0.1", port)) as server:
        pacs = ScriptedPacs(Peer("PACS", "127.0.0.1", server.getsockname()[1]), [])
        thread = threading.Thread(target=_run, args=(server, scripts, pacs, end), daemon=True)
        thread.start()
        try:
            yield pacs
        finally:
            end.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(COMES)


def _run(
    server: socket.socket, scripts: tuple[Script, ...], pacs: ScriptedPacs, end: threading.Event
) -> None:
    while not end.is_set():
        try:
            accepted, _ = server.accept()
        except OSError:
            return
        accepted.settimeout(COMES)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        script = scripts[min(len(pacs.talks), len(scripts) - 1)]
        talk = Talk(accepted, end)
        pacs.talks.append(talk)
        threading.Thread(target=_talk, args=(script, talk), daemon=True).start()


def _secured(script: Script, tls: ssl.SSLContext, talk: Talk) -> None:
    """Shake hands, then follow the script."""
    with tls.wrap_socket(talk.connection, server_side=True) as talk.connection:
        script(talk)


def _talk(script: Script, talk: Talk) -> None:
    with closing(talk.connection), suppress(OSError, EOFError, Released):
        script(talk)


def response(heard: Heard, status: int, data_set: bytes = b"", **more: bytes) -> bytes:
    """Pack the response to a message."""
    told = {
        COMMAND_FIELD: struct.pack("<H", heard.field | RESPONSE),
        RESPONDED_TO: heard.command[MESSAGE_ID],
        DATA_SET_TYPE: struct.pack("<H", 0x0001 if data_set else NO_DATA_SET),
        STATUS: struct.pack("<H", status),
        **{int(element, 16): value for element, value in more.items()},
    }
    return message(command_set(told), data_set, context_id=heard.context_id)


def elements(encoded: bytes) -> dict[int, bytes]:
    """Take a command set apart."""
    found, place = {}, 0
    while place < len(encoded):
        _, number, length = ELEMENT.unpack_from(encoded, place)
        place += ELEMENT.size + length
        found[number] = encoded[place - length : place]
    return found


def _result(context: PresentationContext, accepts: Accepts) -> PresentationContext:
    proposed = [str(syntax) for syntax in context.transfer_syntax]
    chosen = accepts(str(context.abstract_syntax), proposed)
    context.transfer_syntax = [chosen or proposed[0]]
    context.result = 0 if chosen else 3
    return context
