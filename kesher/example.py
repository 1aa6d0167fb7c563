"""`kesher init`: writes the commented example as kesher.yml."""

from __future__ import annotations

from pathlib import Path

from kesher.config import DEFAULT_FILE
from kesher.errors import ConfigError, KesherError


def example_text() -> str:
    """Return the commented example configuration."""
    file = Path(__file__).with_name("kesher.example.yml")
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KesherError(
            f"{file.name} is missing from the installation: reinstall Kesher."
        ) from None


def write_example(file: Path | None = None) -> Path:
    """Write the example to a file that must not exist yet.

    Raises:
        ConfigError: it exists.
        KesherError: it can't be written.
    """
    file = file or DEFAULT_FILE
    text = example_text()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise ConfigError(
            [f"{file}: is there already; kesher init overwrites nothing. Name another: --config"]
        ) from None
    except OSError as error:
        raise KesherError(f"{file} can't be written: {error.strerror or error}") from error
    return file
