"""A minimal SMTP server that takes messages (RFC 5321), on a free port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple


class Mail(NamedTuple):
    recipients: list[str]
    message: EmailMessage


class MailServer:
    """Puts a message into `mails` once its client has hung up, so that nothing stays open."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: asyncio.Queue[Mail] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        taken: list[Mail] = []
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipients.append(line.decode().partition(":")[2].strip(" <>\r\n"))
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                message = message_from_bytes(content, policy=policy.default)
                assert isinstance(message, EmailMessage)
                taken.append(Mail(recipients, message))
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 yes\r\n")
            if verb == b"QUIT":
                break
        writer.close()
        await writer.wait_closed()
        for mail in taken:
            self.mails.put_nowait(mail)


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    found = MailServer()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found
