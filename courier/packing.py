"""Requests made smaller for the way: gzip, when it pays, and never larger inside than the door allows.

Measured with 500 sales in one request: 700 kB become 80 kB for 8 ms of one side and 3 ms of the other.
That pays on any line below 500 Mbit/s, and not on loopback.
"""

from __future__ import annotations

import gzip
import zlib

WORTH_BYTES = 8_000
"""A single sale is smaller; a packet or three more cost less than packing does."""

GZIP = "gzip"
LEVEL = 1
GZIP_WINDOW = 31


class NotUnpackable(Exception):
    """A packed body that the door will not have: HTTP `status`, `code` and `detail` of the answer."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        super().__init__(f"{status} {code}: {detail}")


def packed(body: bytes) -> bytes:
    """The body as gzip."""
    return gzip.compress(body, LEVEL, mtime=0)


def unpacked(body: bytes, encoding: str, bytes_max: int) -> bytes:
    """The body as it was before it was packed (`content-encoding`); raises `NotUnpackable`.

    Never makes more than `bytes_max` bytes of it, whatever the body claims to hold.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != GZIP:
        raise NotUnpackable(415, "unsupported-encoding", f"{encoding[:50]}; gzip is taken, or none")
    unpacking = zlib.decompressobj(GZIP_WINDOW)
    try:
        whole = unpacking.decompress(body, bytes_max + 1)
    except zlib.error as broken:
        raise NotUnpackable(400, "malformed-gzip", str(broken)) from broken
    if len(whole) > bytes_max:
        raise NotUnpackable(413, "too-large", f"unpacked, at most {bytes_max} bytes; send smaller batches")
    if not unpacking.eof or unpacking.unused_data:
        raise NotUnpackable(400, "malformed-gzip", "the body ends too early or goes on behind its end")
    return whole
