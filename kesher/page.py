"""Pages that verbs write: one HTML file each, without anything from the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kesher.data_directory import write_file
from kesher.errors import ConfigError, KesherError


def check_page(option: str, path: Path) -> None:
    """Refuse a page's file by its name, before any work is done.

    Args:
        option: Of the command line, which named it.
        path: The file.

    Raises:
        ConfigError: the extension is not that of a page, so it may be a file of another kind.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError([f"{option} {path}: a page ends in .html"])


def render(template: str, filters: dict[str, Callable[..., str]], **values: Any) -> str:
    """Return a page as HTML.

    Args:
        template: File name of a Jinja template beside this module; `page.html.jinja` is the frame.
        filters: Name → function, for the template.
        values: What the template names.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters.update(filters)
    return environment.get_template(template).render(values)


def write_result(path: Path, text: str) -> None:
    """Write a page or a picture that was asked for.

    Raises:
        KesherError: it can't be written.
    """
    try:
        write_file(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise KesherError(f"{path} can't be written: {error.strerror or error}.") from error
