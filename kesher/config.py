"""The configuration: reads and checks `kesher.yml`, or takes the defaults without one.

Every mistake becomes one line with the file's name; see `config_problems`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from connectors.manifest.folder import LIMITS
from expectations.alerts import AlertsConfig
from kesher.config_environment import Expansion
from kesher.config_problems import dotted, path_in_file, problem_line
from kesher.config_schema import (
    DashboardConfig,
    FilesSource,
    KesherFile,
    ManifestSource,
    SandboxConfig,
    source_problems,
)
from kesher.config_yaml import read_yaml
from kesher.errors import ConfigError
from kesher.source_folder import folder_problems, folder_secrets

DEFAULT_FILE = Path("kesher.yml")
DEFAULT_DATA_DIR = Path("data")

#: Parts of the configuration whose environment variables only some verbs need.
Part = Literal["sources", "alerts", "decisions"]

#: What a source's section says to Kesher, not to its connector.
_OWN_KEYS = ("reread_days",)


@dataclass(frozen=True)
class Config:
    """The configuration as the verbs use it."""

    file: Path | None
    data_dir: Path
    home_country: str
    sources: Mapping[str, Mapping[str, Any]] | None = field(repr=False)
    sandbox: SandboxConfig
    alerts: AlertsConfig
    dashboard: DashboardConfig
    reread_days: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    decisions_url: str | None = field(default=None, repr=False)
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)
    literal_secrets: tuple[str, ...] = ()
    data_dir_overridden: bool = False

    @property
    def uses_sandbox(self) -> bool:
        """Tell whether the sources are the synthetic ones."""
        return self.sources is None


def load_config(
    file: Path | None = None,
    data_dir: Path | None = None,
    *,
    needs: frozenset[Part] = frozenset(),
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Read and check the configuration.

    Args:
        file: The file to read. None: `kesher.yml` if there is one here, else the defaults,
            which are the sandbox under `./data`.
        data_dir: Overrides the file's `data_dir`.
        needs: Parts whose environment variables must be set. `kesher status`, say, works
            without the vendors' keys.
        environment: The environment variables; those of this process by default.

    Raises:
        ConfigError: one line for each problem.
    """
    environment = os.environ if environment is None else environment
    if file is None and not DEFAULT_FILE.exists():
        checked, expansion, name = KesherFile(), Expansion(environment), ""
    else:
        file = file or DEFAULT_FILE
        name = str(file)
        raw = read_yaml(file)
        expansion = Expansion(environment)
        expanded = expansion.expand(raw, ())
        problems = [
            f"{name}: {dotted(path)}: environment variable {variable} is {fault}; "
            f"set it: export {variable}=..."
            for path, variable, fault in expansion.missing
            if path[0] not in get_args(Part) or path[0] in needs
        ]
        problems += [
            f"{name}: {dotted(path)}: found a ${{...}} that names no environment variable; "
            "expected ${NAME} of letters, digits and underscores"
            for path in expansion.malformed
        ]
        unset = {path for path, _, _ in expansion.missing}
        try:
            checked = KesherFile.model_validate(_without(expanded, unset))
        except ValidationError as error:
            problems += [
                f"{name}: {problem_line(details, expansion)}"
                for details in error.errors(include_url=False)
                if tuple(path_in_file(details["loc"])) not in unset
            ]
            raise ConfigError(problems) from None
        problems += [f"{name}: {problem}" for problem in source_problems(checked)]
        if "sources" in needs:
            problems += [
                problem
                for source, about in (checked.sources or {}).items()
                if isinstance(about, ManifestSource)
                for problem in folder_problems(
                    f"{name}: sources.{source}",
                    file.parent / about.folder,
                    about.settings,
                    about.without or (),
                    about.reread_days,
                )
            ]
        if problems:
            raise ConfigError(problems)
    return _config(file if name else None, data_dir, checked, expansion)


def _without(expanded: dict[str, Any], unset: set[tuple[Any, ...]]) -> dict[str, Any]:
    """Leave out what is not whole for lack of an environment variable and can be left out.

    It is an error of its own where it is needed. A `${NAME}` in a source's text settings can stay.
    """
    whole = dict(expanded)
    for section in ("alerts", "decisions"):
        if any(path[0] == section for path in unset):
            del whole[section]
    for path in unset:
        if path[-1] in LIMITS and path[0] == "sources":
            sources = dict(whole["sources"])
            sources[path[1]] = {k: v for k, v in sources[path[1]].items() if k != path[-1]}
            whole["sources"] = sources
    return whole


def source_settings(source: BaseModel) -> dict[str, Any]:
    """Return a source's settings as its connector takes them, secrets in the clear."""
    settings = {}
    for key, value in source:
        if value is not None and key not in _OWN_KEYS:
            settings[key] = value.get_secret_value() if isinstance(value, SecretStr) else value
    return settings


def check_source(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Check one source's settings by its model, e.g. those that the sandbox gives out."""
    wrapped = KesherFile.model_validate({"sources": {settings["type"]: dict(settings)}})
    return source_settings((wrapped.sources or {})[settings["type"]])


def _config(
    file: Path | None, data_dir: Path | None, checked: KesherFile, expansion: Expansion
) -> Config:
    home = file.parent if file else Path()
    overridden = data_dir is not None
    if data_dir is None:
        # Paths in the file are meant from where the file lies.
        data_dir = home / checked.data_dir if checked.data_dir else DEFAULT_DATA_DIR
    secrets = set(expansion.values)
    literal_secrets = []
    sources: dict[str, Mapping[str, Any]] | None = None
    if checked.sources is not None:
        sources = {}
        for name, source in checked.sources.items():
            settings = source_settings(source)
            for key, value in source:
                if isinstance(value, SecretStr):
                    secrets.add(value.get_secret_value())
                    if ("sources", name, key) not in expansion.expanded:
                        literal_secrets.append(f"sources.{name}.{key}")
            if isinstance(source, FilesSource):
                settings["path"] = str((home / source.path).absolute())
            if isinstance(source, ManifestSource):
                folder = (home / source.folder).absolute()
                settings["folder"], settings["name"] = str(folder), name
                for key, secret in folder_secrets(folder, source.settings):
                    secrets.add(secret)
                    if ("sources", name, "settings", *key.split(".")) not in expansion.expanded:
                        literal_secrets.append(f"sources.{name}.settings.{key}")
            sources[name] = settings
    secrets.update(_secret_values(checked.alerts))
    url = checked.decisions.url
    if url is not None:
        password = urlsplit(url.get_secret_value()).password
        secrets.update((url.get_secret_value(), unquote(password or ""), password or ""))
        if password and ("decisions", "url") not in expansion.expanded:
            literal_secrets.append("decisions.url")
    return Config(
        file=file,
        data_dir=data_dir.absolute(),
        home_country=checked.home_country,
        sources=sources,
        sandbox=checked.sandbox,
        alerts=checked.alerts,
        dashboard=checked.dashboard,
        reread_days={
            name: getattr(source, "reread_days", {})
            for name, source in (checked.sources or {}).items()
        },
        decisions_url=url.get_secret_value() if url is not None else None,
        secrets=frozenset(secrets),
        literal_secrets=tuple(literal_secrets),
        data_dir_overridden=overridden,
    )


def _secret_values(model: BaseModel) -> Iterator[str]:
    for _, value in model:
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secret_values(value)
