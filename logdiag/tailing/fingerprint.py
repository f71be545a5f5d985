"""How a file is known again: the hash of its first bytes, and of those before the offset.

The inode is only a hint: it is reused after deletion (beats #1341), and the device number may
change at a reboot (beats PR #35734). The head grows with what was read, from byte 1, so small
files are not ignored (beats PR #41762); the tail tells a file that was truncated and has grown
past the old offset (loki PR #924).
"""

from __future__ import annotations

from hashlib import blake2b

from logdiag.model import Position

HEAD_SIZE = 1024  # bytes; a few lines with their timestamps, and one page to read
TAIL_SIZE = 1024
# Bytes that must agree where nothing but the content speaks for two files being one (another
# inode): a banner of a line or two is no proof.
DISTINCT_SIZE = 256


def digest(data: bytes) -> str:
    """The hex digest kept in positions: 128 bits of BLAKE2b."""
    return blake2b(data, digest_size=16).hexdigest()


class Mark:
    """How far one source was read: offset, first and last bytes passed, bytes missed."""

    __slots__ = ("_head_digest", "head", "missed", "offset", "tail")

    def __init__(self, offset: int = 0, head: bytes = b"", tail: bytes = b"", missed: int = 0):
        self.offset = offset
        self.head = head
        self.tail = tail
        self.missed = missed
        self._head_digest = ""

    @property
    def inside_line(self) -> bool:
        """Whether the offset stands inside a line whose beginning was taken already.

        Zeros before the offset are a hole that was skipped, not a line (see `Cutter`).
        """
        return self.offset > 0 and not self.tail.endswith((b"\n", b"\0"))

    def advance(self, raw: bytes | bytearray | memoryview) -> None:
        """Pass the bytes that follow the offset."""
        if len(self.head) < HEAD_SIZE:
            self.head += bytes(raw[: HEAD_SIZE - len(self.head)])
            self._head_digest = ""
        if len(raw) >= TAIL_SIZE:
            self.tail = bytes(raw[-TAIL_SIZE:])
        else:
            self.tail = (self.tail + bytes(raw))[-TAIL_SIZE:]
        self.offset += len(raw)

    def position(self, device: int, inode: int, ended: bool) -> Position:
        """The position to keep with the lines read so far."""
        self._head_digest = self._head_digest or digest(self.head)
        return Position(
            offset=self.offset,
            head_size=len(self.head),
            head=self._head_digest,
            tail_size=len(self.tail),
            tail=digest(self.tail),
            device=device,
            inode=inode,
            missed=self.missed,
            ended=ended,
        )


def head_agrees(position: Position, head: bytes) -> bool:
    """Whether content that begins with `head` begins as the source did."""
    size = position.head_size
    return len(head) >= size and (not size or digest(head[:size]) == position.head)


def tail_agrees(position: Position, tail: bytes) -> bool:
    """Whether `tail`, the `tail_size` bytes before the offset, are those of the source."""
    size = position.tail_size
    return len(tail) == size and (not size or digest(tail) == position.tail)
