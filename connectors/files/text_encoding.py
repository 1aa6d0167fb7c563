"""Which encoding a text file has, told from its bytes, and reading it without losing any."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from connectors.files.rows import RECORD_LIMIT

_BLOCK = 256 * 1024
_SAMPLE_LIMIT = 128 * 1024

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Encodings that lists of people come in; fewer choices make fewer wrong ones.
_CANDIDATES = [
    "cp1252", "cp1255", "cp1256", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257",
    "cp862", "cp437", "cp850", "koi8_r", "cp932", "gb18030", "big5", "cp949", "euc_jp", "euc_kr",
]  # fmt: skip

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
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
    """

    sha256: str
    encoding: str
    how: str
    may_be_broken: bool


def survey(path: Path, given_encoding: str | None, always_unicode: bool = False) -> Survey:
    """Reads the file once, for its hash and its encoding.

    Args:
        path: the file.
        given_encoding: what the configuration says; a byte order mark of UTF-8 is dropped anyway.
        always_unicode: whether the format allows nothing else, as JSON does.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("kesher_mark")
    characters = wrong_bytes = zeros_even = zeros_odd = 0
    may_be_utf8 = True
    head = b""
    sample: list[bytes] = []
    sample_size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            if not head:
                head = block
                zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
            if block.isascii() and not decoder.getstate()[0]:
                continue
            if may_be_utf8:
                text = decoder.decode(block)
                wrong_bytes += len(_MARK.findall(text))
                characters += len(block) - len(text)  # every letter that is not ASCII takes more
                # To go on would cost a call a byte; ten thousand of them leave no doubt.
                may_be_utf8 = wrong_bytes < 10_000 or characters > wrong_bytes
            for line in block.splitlines(keepends=True) if sample_size < _SAMPLE_LIMIT else ():
                if not line.isascii() and sample_size < _SAMPLE_LIMIT:
                    sample.append(line[:4096])
                    sample_size += len(sample[-1])
    wrong_bytes += len(_MARK.findall(decoder.decode(b"", final=True)))

    sha256 = digest.hexdigest()
    if given_encoding is not None:
        codec = codecs.lookup(given_encoding).name
        if codec == "utf-8":
            return Survey(sha256, "utf-8-sig", "given", wrong_bytes > 0)
        return Survey(sha256, given_encoding, "given", True)
    for mark, codec in _BOMS:
        if head.startswith(mark):
            broken = codec != "utf-8-sig" or wrong_bytes > 0
            return Survey(sha256, codec, "byte order mark", broken)
    half = max(len(head) // 2, 1)
    if zeros_odd > half // 3 and zeros_even < zeros_odd // 4:
        return Survey(sha256, "utf-16-le", "detected", True)
    if zeros_even > half // 3 and zeros_odd < zeros_even // 4:
        return Survey(sha256, "utf-16-be", "detected", True)
    if wrong_bytes == 0:
        return Survey(sha256, "utf-8", "detected", False)
    # UTF-8 with some damage: text in other encodings hardly ever looks like it.
    if characters > wrong_bytes or always_unicode:
        return Survey(sha256, "utf-8", "detected", True)
    return Survey(sha256, _legacy_encoding(b"".join(sample)), "detected", True)


def _legacy_encoding(sample: bytes) -> str:
    """The encoding of text that is not Unicode."""
    runs: list[bytes] = _NOT_ASCII.findall(sample)
    size = sum(map(len, runs))
    # Hebrew letters are 0xE0 to 0xFA in windows-1255 and come in runs. Cyrillic and Greek also use
    # 0xC0 to 0xDF and 0xFB to 0xFF; accented Latin letters stand alone. Lists of names have too
    # little prose for a detector that knows languages by their letters' frequency.
    hebrew = sum(0xE0 <= byte <= 0xFA for run in runs for byte in run)
    if size and hebrew >= 0.95 * size and size >= 2 * len(runs):
        return "windows-1255"
    best = from_bytes(sample, cp_isolation=_CANDIDATES).best()
    if best is None:
        return "windows-1252"
    return best.encoding.replace("cp125", "windows-125")


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
    return iter(lambda: text.readline(RECORD_LIMIT), "")


def is_a_piece(line: str) -> bool:
    """Whether the line goes on, because it was longer than a record may be."""
    return len(line) >= RECORD_LIMIT and line[-1] not in "\r\n"
