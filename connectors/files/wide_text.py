"""UTF-16 and UTF-32 without a byte order mark, told from how the text looks when it is read so."""

import codecs

_LOOKED_AT = 64 * 1024
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_PLAIN = frozenset(range(32, 127)) | {9, 10, 13}
_PLAIN_ENOUGH = 0.03
_PLAIN_ENOUGH_OF_UTF8 = 0.33
_CONTROLS = bytes({*range(1, 32)} - {9, 10, 13})


def wide_encoding(head: bytes) -> str | None:
    """Which of the two it is, and in which order of bytes; None if neither.

    Every list has line ends, delimiters, spaces or digits, and they have zeros beside them. Read in
    the wrong order, or two bytes at a time where they are no pairs, they are all gone.
    """
    head = head[:_LOOKED_AT]
    if 0 not in head:
        return None
    shares = {encoding: _plain_share(head, encoding) for encoding in _WIDE}
    best = max(_WIDE, key=lambda encoding: shares[encoding])
    enough = _PLAIN_ENOUGH_OF_UTF8 if _may_be_utf8(head) else _PLAIN_ENOUGH
    return best if shares[best] > enough else None


def _may_be_utf8(head: bytes) -> bool:
    """Whether it may be UTF-8 with some zeros in it, which a damaged file has.

    Latin text in UTF-16 is UTF-8 as well, but with as many zeros as letters; Cyrillic too, but with
    as many control characters.
    """
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return len(head) - len(head.translate(None, _CONTROLS)) < len(head) // 10


def _plain_share(head: bytes, encoding: str) -> float:
    """Which share of the characters is ASCII, if it is text in that encoding; 0 if it is none."""
    text = head.decode(encoding, "replace")
    # The last character may be cut, and a few may be damaged.
    wrong = sum(character == "\ufffd" or character < "\t" for character in text)
    if not text or wrong > 1 + len(text) // 50:
        return 0.0
    return sum(ord(character) in _PLAIN for character in text) / len(text)
