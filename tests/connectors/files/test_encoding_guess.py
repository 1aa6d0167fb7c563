"""Lists in legacy encodings come back letter by letter, or someone is told that they may not."""

import logging
import random
import unicodedata
from pathlib import Path

import pytest
from files_source import check, read
from hypothesis import given, settings
from hypothesis import strategies as st
from names_to_draw import ENCODINGS, NAMES

from connectors.files.encoding_guess import guess_encoding
from connectors.files.text_encoding import open_text, survey

MAPPING = {"full_name": "name", "email": "email"}
CASES = [(language, encoding) for language in NAMES for encoding in ENCODINGS[language]]


def a_list(language: str, rows: int, draw: int) -> str:
    """Rows of names, of which some are common and most are not, now and then all in capitals."""
    chance = random.Random(f"{language} {rows} {draw}")  # noqa: S311 - no secret
    names = NAMES[language].split()
    chance.shuffle(names)
    names = names[: chance.choice([len(names) // 2, len(names)])]
    weights = [1 / (rank + 1) for rank in range(len(names))]

    def name() -> str:
        return chance.choices(names, weights)[0]

    lines = [f"{name()} {name()},05{row:08},u{row}@x.io,{name()}\n" for row in range(rows)]
    text = "name,phone,email,city\n" + "".join(lines)
    if draw % 4 == 3 and language != "Turkish":
        text = text.replace("ß", "ẞ").upper().replace("ẞ", "ß")
    return text


@pytest.mark.parametrize("rows", [20, 200, 5000])
@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_a_list_of_names_comes_back_as_it_was(
    tmp_path: Path, language: str, encoding: str, rows: int
) -> None:
    for draw in range(3 if rows > 1000 else 8):
        text = a_list(language, rows, draw).encode(encoding, "ignore").decode(encoding)
        path = tmp_path / "list.csv"
        path.write_bytes(text.encode(encoding))
        found = survey(path, None)
        with open_text(path, found.encoding) as file:
            assert file.read() == text, (draw, found.encoding)
        assert found.how == "detected"


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_there_is_no_warning_where_there_is_nothing_to_warn_of(
    language: str, encoding: str
) -> None:
    doubts = [
        guess_encoding(a_list(language, 200, draw).encode(encoding, "ignore")).doubt
        for draw in range(8)
    ]
    assert not any(doubts), doubts


@settings(max_examples=200, deadline=None)
@given(
    drawn=st.sampled_from(sorted(NAMES)).flatmap(
        lambda language: st.tuples(
            st.just(ENCODINGS[language][0]),
            st.lists(st.sampled_from(NAMES[language].split()), min_size=40, unique=True)
            if len(NAMES[language].split()) > 60
            else st.permutations(NAMES[language].split()),
        )
    )
)
def test_the_order_of_the_names_does_not_matter(drawn: tuple[str, list[str]]) -> None:
    encoding, names = drawn
    body = "\n".join(names).encode(encoding)
    assert body.decode(guess_encoding(body).encoding) == body.decode(encoding)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=400))
def test_any_bytes_get_an_encoding_that_python_knows(body: bytes) -> None:
    body.decode(guess_encoding(body).encoding, "replace")


def test_a_western_list_with_a_few_names_from_elsewhere_stays_western(tmp_path: Path) -> None:
    german = a_list("German", 300, 0)
    french = a_list("French", 30, 0)
    path = tmp_path / "list.csv"
    path.write_bytes((german + french).encode("windows-1252"))
    assert survey(path, None).encoding == "windows-1252"


def test_what_is_rare_in_a_big_file_counts_too(tmp_path: Path) -> None:
    # German is the same in both; only a few Turkish names far down tell windows-1254.
    german = "Jürgen Müller,a@example.com,Köln\n" * 60_000
    turkish = "".join(f"{name},b@example.com,\n" for name in NAMES["Turkish"].split())
    path = tmp_path / "list.csv"
    path.write_bytes(("name,email,city\n" + german + turkish * 20).encode("windows-1254"))
    assert survey(path, None).encoding == "windows-1254"


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("gb18030", "王伟,北京\n李娜,上海\n张敏,广州\n刘洋,深圳\n陈静,成都\n"),
        ("big5", "陳怡君,臺北\n林志明,高雄\n黃淑芬,臺中\n張雅婷,新竹\n"),
        ("cp949", "김민준,서울\n이서연,부산\n박지훈,대구\n최수아,인천\n정예준,광주\n"),
        ("euc_jp", "山田太郎,東京\n鈴木花子,大阪\n高橋健一,名古屋\n渡辺さくら,福岡\n"),
        ("cp932", "山田太郎,東京\n鈴木花子,大阪\n高橋健一,名古屋\n渡辺さくら,福岡\n"),
    ],
)
def test_names_of_east_asia_are_told_or_doubted(encoding: str, names: str) -> None:
    guess = guess_encoding((names * 3).encode(encoding))
    assert guess.encoding == encoding or encoding in (guess.doubt or "")


def test_whoever_syncs_is_told_that_an_encoding_is_not_certain_and_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("name,email\nCovilhã,a@example.com\n".encode("windows-1252"))
    config = {"path": str(path), "mapping": MAPPING}
    with caplog.at_level(logging.WARNING, "airbyte"):
        read(config)
    (told,) = (record for record in caplog.records if "not certain" in record.getMessage())
    assert told.for_user, "whoever runs the sync is told"
    for part in ("list.csv", "windows-1252", "may as well be", "Covilhã", "encoding:"):
        assert part in told.getMessage()
    assert "encoding:" in (check(config) or "")
    caplog.clear()
    with caplog.at_level(logging.WARNING, "airbyte"):
        (person,) = read({**config, "encoding": "windows-1252"}).records
    assert person["full_name"] == "Covilhã"
    assert "not certain" not in caplog.text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", ["Hebrew", "Russian", "German"])
@pytest.mark.parametrize("rows", [1, 50])
def test_unicode_without_a_byte_order_mark_is_told(
    tmp_path: Path, encoding: str, language: str, rows: int
) -> None:
    names = NAMES[language].split()[:5]
    text = f"{names[0]};{names[1]}\n" + f"{names[2]} {names[3]};{names[4]}\n" * rows
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    found = survey(path, None)
    assert found.encoding == encoding
    config = {"path": str(path), "mapping": {"full_name": names[0]}}
    assert {person["full_name"] for person in read(config).records} == {f"{names[2]} {names[3]}"}


def test_a_few_zeros_make_no_utf16_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for name in ("Ann", "Zoë", "דוד"):
        path.write_text(f"name,email\n{name}\0 B,a@example.com\nBob,b@example.com\n", "utf-8")
        assert survey(path, None).encoding == "utf-8"


VIETNAMESE = [
    "Nguyễn Văn Hạnh",
    "Trần Thị Thảo",
    "Lê Quốc Đạt",
    "Phạm Hữu Dũng",
    "Hoàng Ngọc Quỳnh",
    "Võ Thị Mỹ Lệ",
    "Đặng Xuân Hiếu",
    "Bùi Thị Hồng",
    "Đỗ Minh Tuấn",
]


def in_windows_1258(text: str) -> bytes:
    """Most letters with a tone are two bytes there, which Python does not do by itself."""
    written = b""
    for letter in text:
        try:
            written += letter.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", letter)
            tone = next(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
            shape = unicodedata.normalize("NFC", marks.replace(tone, ""))
            written += (shape + tone).encode("cp1258")
    return written


@pytest.mark.parametrize("names", [VIETNAMESE, VIETNAMESE[:3], [n.upper() for n in VIETNAMESE]])
@pytest.mark.parametrize("given_encoding", [None, "windows-1258"])
def test_vietnamese_in_its_windows_encoding_comes_with_whole_letters(
    tmp_path: Path, names: list[str], given_encoding: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(in_windows_1258("\n".join(["name,email", *(f"{n},a@b.vn" for n in names)])))
    config = {"path": str(path), "mapping": MAPPING, "encoding": given_encoding}
    with caplog.at_level(logging.WARNING, "airbyte"):
        people = read({key: value for key, value in config.items() if value}).records
    assert [person["full_name"] for person in people] == names
    assert "not certain" not in caplog.text


def test_vietnamese_in_an_encoding_that_python_does_not_know_is_told(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    # TCVN 5712 (.VnTime), as old offices have it: Nguyễn Văn Hạnh, Trần Thị Thảo.
    path.write_bytes(
        b"name,email\nNguy\xd4n V\xa8n H\xb9nh,a@b.vn\nTr\xc7n Th\xde Th\xb6o,c@d.vn\n"
    )
    told = check({"path": str(path), "mapping": MAPPING}) or ""
    assert "not certain" in told
    assert "save it as UTF-8" in told


HEBREW = ["דוד כהן", "מרים פרידמן", "יצחק שלום", "רחל ביטון", "אסתר גולדשטיין"]


@pytest.mark.parametrize("encoding", ["cp862", "iso-8859-8", "windows-1255", "utf-8"])
def test_hebrew_that_stands_back_to_front_is_told(
    tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "list.csv"
    config = {"path": str(path), "mapping": MAPPING}

    def write(names: list[str]) -> None:
        rows = [f"{name},u{number}@x.io" for number, name in enumerate(names)]
        path.write_bytes("\n".join(["name,email", *rows, ""]).encode(encoding))

    write(HEBREW)
    assert check(config) is None
    write([name[::-1] for name in HEBREW])
    with caplog.at_level(logging.WARNING, "airbyte"):
        read(config)
    (told,) = {r.getMessage() for r in caplog.records if "back to front" in r.getMessage()}
    assert "'ןהכ' is 'כהן'" in told
    assert "logical order" in told
    assert "back to front" in (check({**config, "encoding": encoding}) or "")
