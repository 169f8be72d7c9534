"""Answers of which a part may be asked (RFC 9110, 14): Safari plays no sound without it."""

import re

from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def ranged(body: bytes, media_type: str, asked: str, headers: dict[str, str]) -> Response:
    """Return `body`, or the one range of it that the Range header `asked` names; any other header means all of it."""
    span = _span(asked, len(body))
    headers = {**headers, "Accept-Ranges": "bytes"}
    if span is None:
        return Response(body, 200, headers, media_type=media_type)
    if span.start >= len(body) or not span:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{len(body)}"
    return Response(body[span.start : span.stop], 206, headers, media_type=media_type)


def _span(asked: str, size: int) -> range | None:
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, size - int(found[2])), size)
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if last < first and found[2]:
        # RFC 9110, 14.1.1: an invalid range is ignored.
        return None
    return range(first, min(last, size - 1) + 1)
