"""Compressed bytes become bytes, in bounded memory, up to the very place of a damage."""

from __future__ import annotations

import bz2
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import zstandard

from logdiag.tailing.discover import Kind

INPUT_SIZE = 64 << 10  # compressed bytes read at once
OUTPUT_SIZE = 256 << 10  # bytes given at once; bounds what a hostile archive can make of a few
# A block of 4 bytes can stand for 128 KiB (RFC 8878 section 3.1.1.2.2), 512 bytes for 16 MiB.
# Larger pieces would be faster: 1,600 MB/s with 512 bytes, 2,400 with 64 KiB.
_ZSTD_INPUT_SIZE = 512
_MAX_WINDOW = 128 << 20  # bytes; zstd --ultra -22 uses 128 MiB windows, more is hostile


class DamagedError(Exception):
    """The archive ends too early or holds what its format does not allow."""


class _Codec(Protocol):
    """What bz2 and lzma call a decompressor."""

    eof: bool
    unused_data: bytes
    needs_input: bool

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the interface of the two others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)  # 16 + 15: a gzip header, the largest window
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        # A full output may have more behind it, even where all input was taken.
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


class _Zstd:
    """zstandard's decompressor with the interface of the others."""

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
        self._pending = b""

    @property
    def eof(self) -> bool:
        return self._zstd.eof

    @property
    def needs_input(self) -> bool:
        return not self._pending

    @property
    def unused_data(self) -> bytes:
        return self._zstd.unused_data + self._pending

    def decompress(self, data: bytes, _: int = 0) -> bytes:
        """It knows no largest output, so it gets little input at a time."""
        data = self._pending + data
        self._pending = data[_ZSTD_INPUT_SIZE:]
        return self._zstd.decompress(data[:_ZSTD_INPUT_SIZE])


_CODECS: dict[str, Callable[[], Any]] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
    "zst": _Zstd,
}
_ERRORS = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class _Members:
    """Members (gzip), streams (bzip2, xz), frames (zstd) one after the other.

    `cat a.gz b.gz` makes such archives.
    """

    def __init__(self, path: str, kind: str, careful_from: int) -> None:
        self.taken = 0  # compressed bytes
        self.safe = 0  # where the last input that did no harm ended
        self._make = _CODECS[kind]
        self._codec: _Codec = self._make()
        self._careful_from = careful_from
        self._begun = False
        self._pending = b""
        self._file = Path(path).open("rb")  # noqa: SIM115 -- closed by close()

    def read(self) -> bytes:
        """Some bytes; b"" at the end. Raises DamagedError."""
        while True:
            if self._codec.eof and not self._next_member():
                return b""
            data = b""
            if self._codec.needs_input:
                data = self._input()
                if not data:
                    if self._begun:
                        raise DamagedError("it ends too early")
                    return b""
                self._begun = True
            try:
                out = self._codec.decompress(data, OUTPUT_SIZE)
            except _ERRORS as error:
                raise DamagedError(f"it is damaged ({error})") from error
            if self._codec.needs_input:
                self.safe = self.taken
            if out:
                return out

    def _input(self) -> bytes:
        data, self._pending = self._pending, b""
        if not data:
            # Byte by byte near a damage, so that all that stands before it comes out.
            size = 1 if self.taken >= self._careful_from else INPUT_SIZE
            size = min(size, max(1, self._careful_from - self.taken))
            data = self._file.read(size)
            self.taken += len(data)
        return data

    def _next_member(self) -> bool:
        """Go on behind the end of a member; zeros there are padding (tapes, xz)."""
        rest = self._codec.unused_data.lstrip(b"\0")
        while not rest:
            data = self._file.read(INPUT_SIZE)
            self.taken += len(data)
            if not data:
                return False
            rest = data.lstrip(b"\0")
        self._pending, self._codec, self._begun = rest, self._make(), False
        return True

    @property
    def key(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return (status.st_dev, status.st_ino)

    def close(self) -> None:
        self._file.close()


_FAR = 1 << 62  # a place no archive reaches


class Decompressor:
    """The decompressed content of one archive, from its first byte on.

    A decompressor drops the output of the call in which it meets a damage. Therefore the archive
    is then read once more, carefully from the last harmless place on: everything before the
    damage comes out.
    """

    def __init__(self, path: str, kind: Kind) -> None:
        self._path = path
        self._kind = kind
        self._codec = self._open(_FAR)
        self._given = 0
        self._careful = False

    @property
    def taken(self) -> int:
        """Compressed bytes read so far."""
        return int(self._codec.taken)

    @property
    def key(self) -> tuple[int, int]:
        """Device and inode of the open file."""
        key: tuple[int, int] = self._codec.key
        return key

    def read(self) -> bytes:
        """At most OUTPUT_SIZE bytes; b"" at the end. Raises DamagedError, OSError."""
        while True:
            try:
                out: bytes = self._codec.read()
            except DamagedError:
                if self._careful:
                    raise
                self._reopen()
                continue
            self._given += len(out)
            return out

    def _reopen(self) -> None:
        self._careful = True
        safe = self._codec.safe
        self._codec.close()
        self._codec = self._open(safe)
        skip = self._given
        while skip:
            out = self._codec.read()
            if len(out) > skip:
                self._codec = _Rest(out[skip:], self._codec)
            skip -= min(skip, len(out))

    def _open(self, careful_from: int) -> Any:
        return _Members(self._path, self._kind, careful_from)

    def close(self) -> None:
        """Close the file."""
        self._codec.close()


class _Rest:
    """Bytes read too far, then the codec they came from."""

    def __init__(self, rest: bytes, codec: Any) -> None:
        self._rest = rest
        self._codec = codec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def read(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest or self._codec.read()
