"""Reads HTTP responses, up to the size that we are willing to hold."""

import aiohttp


class AnswerTooLarge(Exception):
    """The response is larger than anything we ask for, so it was not read to its end."""


async def read_bounded(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Return the whole body of a response.

    Closes the connection and raises AnswerTooLarge as soon as more than `bytes_max` bytes
    have come. Bytes are counted after decompression.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > bytes_max:
            response.close()
            raise AnswerTooLarge(f"more than {bytes_max} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
