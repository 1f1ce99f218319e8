"""Reading what others send us over HTTP, as far as we are willing to hold it."""

import aiohttp


class AnswerTooLarge(Exception):
    """Nothing that we asked for is that large: the answer is not read to its end."""


async def read_bounded(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The whole body of an answer.

    Raises AnswerTooLarge, and closes the connection, as soon as more than `bytes_max` bytes
    have come, counted after decompression.
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
