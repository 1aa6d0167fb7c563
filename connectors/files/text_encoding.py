"""Which encoding a text file has, told from its bytes, and reading it without losing any."""

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from connectors.files.encoding_guess import guess_encoding
from connectors.files.hebrew_order import back_to_front
from connectors.files.rows import RECORD_LIMIT
from connectors.files.wide_text import wide_encoding

_BLOCK = 256 * 1024
_SAMPLE_LIMIT = 96 * 1024
_SAMPLE_OF_THE_START = 48 * 1024
_SAMPLE_OF_A_BLOCK = 2 * 1024

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_TONES_APART = "cp1258"

_MARK = re.compile("[\udc00-\udcff]")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """Stands a lone surrogate, which no text has, for each byte that is no text."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in wrong), error.end


codecs.register_error("kesher_mark", _mark_undecodable)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file's bytes tells.

    Attributes:
        sha256: of the content, in hexadecimal.
        encoding: the Python codec to read it with.
        how: "given", "detected" or "byte order mark".
        may_be_broken: whether some bytes may not be text in that encoding.
        doubt: why it may be another encoding, in plain words; None if that is hardly possible.
        disorder: why its letters are not in the right order, and what to do; None if they are.
    """

    sha256: str
    encoding: str
    how: str
    may_be_broken: bool
    doubt: str | None = None
    disorder: str | None = None

    @property
    def what_to_do_about_doubt(self) -> str | None:
        """What may be wrong with its remedy, for whoever reads the file; None if nothing is."""
        told = []
        if self.doubt is not None:
            told.append(
                f"its encoding is not certain: it is read as {self.encoding}, but {self.doubt}. "
                "If names come out wrong, set encoding: to the right one, or save it as UTF-8"
            )
        if self.disorder is not None:
            told.append(self.disorder)
        return "; ".join(told) or None


def survey(path: Path, given_encoding: str | None, always_unicode: bool = False) -> Survey:
    """Reads the file once, for its hash and its encoding.

    Args:
        path: the file.
        given_encoding: what the configuration says; a byte order mark of UTF-8 is dropped anyway.
        always_unicode: whether the format allows nothing else, as JSON does.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("kesher_mark")
    characters = wrong_bytes = 0
    may_be_utf8 = True
    head = b""
    sample: list[bytes] = []
    sample_size = 0
    seen = bytes(range(128))
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if not head:
                head = block
            if block.isascii() and not decoder.getstate()[0]:
                continue
            if may_be_utf8:
                text = decoder.decode(block)
                wrong_bytes += len(_MARK.findall(text))
                characters += len(block) - len(text)  # every letter that is not ASCII takes more
                # To go on would cost a call a byte; ten thousand of them leave no doubt.
                may_be_utf8 = wrong_bytes < 10_000 or characters > wrong_bytes
            # Most from the start, some from everywhere, and each letter at least once: a few names
            # from elsewhere can tell more than thousands that are the same in every encoding.
            enough = max(_SAMPLE_OF_THE_START, min(sample_size + _SAMPLE_OF_A_BLOCK, _SAMPLE_LIMIT))
            has_new_letters = bool(block.translate(None, seen))
            if not has_new_letters and sample_size >= enough:
                continue
            for line in block.splitlines(keepends=True):
                if line.isascii():
                    continue
                if sample_size < enough or (has_new_letters and line.translate(None, seen)):
                    sample.append(line[:4096])
                    sample_size += len(sample[-1])
                    seen = bytes({*seen, *line})
    wrong_bytes += len(_MARK.findall(decoder.decode(b"", final=True)))

    encoding, how, may_be_broken, doubt = _encoding(
        head, b"".join(sample), characters, wrong_bytes, given_encoding, always_unicode
    )
    disorder = None
    if not encoding.startswith(("utf-16", "utf-32")):  # of these the sample is no whole lines
        disorder = back_to_front(b"".join(sample).decode(encoding, "replace"))
    return Survey(digest.hexdigest(), encoding, how, may_be_broken, doubt, disorder)


def _encoding(
    head: bytes,
    sample: bytes,
    characters: int,
    wrong_bytes: int,
    given_encoding: str | None,
    always_unicode: bool,
) -> tuple[str, str, bool, str | None]:
    """The codec, how it is known, whether some bytes may be no text in it, and the doubt."""
    if given_encoding is not None:
        codec = codecs.lookup(given_encoding).name
        if codec == "utf-8":
            return "utf-8-sig", "given", wrong_bytes > 0, None
        return given_encoding, "given", True, None
    for mark, codec in _BOMS:
        if head.startswith(mark):
            broken = codec != "utf-8-sig" or wrong_bytes > 0
            return codec, "byte order mark", broken, None
    if (wide := wide_encoding(head)) is not None:
        return wide, "detected", True, None
    if wrong_bytes == 0:
        return "utf-8", "detected", False, None
    # UTF-8 with some damage: text in other encodings hardly ever looks like it.
    if characters > wrong_bytes or always_unicode:
        return "utf-8", "detected", True, None
    guess = guess_encoding(sample)
    return guess.encoding, "detected", True, guess.doubt


def open_text(path: Path, encoding: str) -> TextIO:
    """Opens a text so that no byte is lost: those that are no text come as lone surrogates."""
    return path.open(encoding=encoding, errors="kesher_mark", newline="")


def bytes_that_are_no_text(line: str) -> str | None:
    """Which byte of a line could not be decoded, in plain words; None if all could."""
    try:
        line.encode()
    except UnicodeEncodeError as error:
        return f"byte 0x{ord(line[error.start]) - 0xDC00:02x} at character {error.start + 1}"
    return None


def escape_undecodable(line: str) -> str:
    r"""The line as text that can be stored, with \xNN for each byte that could not be decoded."""
    return _MARK.sub(lambda mark: f"\\x{ord(mark.group()) - 0xDC00:02x}", line)


def physical_lines(text: TextIO) -> Iterator[str]:
    """Lines with their ends; one that is longer than a record may be comes in pieces."""
    lines = iter(lambda: text.readline(RECORD_LIMIT), "")
    if codecs.lookup(text.encoding).name == _TONES_APART:
        # Each tone is a character of its own there; nobody else writes Vietnamese so.
        return (unicodedata.normalize("NFC", line) for line in lines)
    return lines


def is_a_piece(line: str) -> bool:
    """Whether the line goes on, because it was longer than a record may be."""
    return len(line) >= RECORD_LIMIT and line[-1] not in "\r\n"
