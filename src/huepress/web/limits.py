"""What the server allows: sizes, times, numbers. Beyond them a request is refused with a sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what clients can make the server do.

    Attributes:
        upload_bytes: of one picture's file.
        incoming_bytes: of all files that are being received at one time.
        pixels: of one picture.
        upload_seconds: to receive a file.
        work_seconds: to make a result.
        waiting: requests that may wait for a thread.
        picture_bytes: what pictures that are kept may take; the newest is kept in any case.
        result_bytes: the same of results.

    """

    upload_bytes: int = 100_000_000
    incoming_bytes: int = 300_000_000
    pixels: int = 50_000_000
    upload_seconds: float = 60.0
    work_seconds: float = 120.0
    waiting: int = 256
    picture_bytes: int = 500_000_000
    result_bytes: int = 200_000_000
