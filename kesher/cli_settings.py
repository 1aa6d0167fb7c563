"""What every verb of the command shares: its options, its settings, its way to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kesher.errors import EXIT_CODES, KesherError, disk_full_error
from kesher.unread_output import lasting_output

if TYPE_CHECKING:
    from kesher.config import Config, Part
    from kesher.data_directory import DataDirectory
    from kesher.terminal import Terminal

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the options that every verb knows say; the ones nearest to the verb win."""

    config_file: Path | None = None
    data_dir: Path | None = None
    verbose: bool = False

    def terminal(self, *, json_follows: bool = False) -> Terminal:
        """Make the printer; if JSON follows, standard output is left to that."""
        from kesher.terminal import Terminal

        return Terminal(verbose=self.verbose, json_follows=json_follows)

    def load(self, *needs: Part) -> tuple[Config, DataDirectory]:
        """Read the configuration; `needs` names the parts whose environment must be set."""
        from kesher.config import load_config
        from kesher.data_directory import DataDirectory

        config = load_config(self.config_file, self.data_dir, needs=frozenset(needs))
        return config, DataDirectory(config.data_dir)


def print_json(value: Any) -> None:
    """Print a result for other programs."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    settings: Settings = context.ensure_object(Settings)
    if value is not None and option.name is not None:
        setattr(settings, option.name, value)


def common_options(command: _Command) -> _Command:
    """Add the options that every verb knows, before and after its name."""
    options = [
        click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            callback=_remember,
            expose_value=False,
            help="The configuration.  [default: kesher.yml here, if there is one]",
        ),
        click.option(
            "--data-dir",
            "data_dir",
            type=click.Path(path_type=Path, file_okay=False),
            callback=_remember,
            expose_value=False,
            help="Where everything is kept.  [default: data_dir of kesher.yml, else ./data]",
        ),
        click.option(
            "--verbose",
            "verbose",
            is_flag=True,
            default=None,
            callback=_remember,
            expose_value=False,
            help="Tell more: dbt's own lines, where the logs are, tracebacks.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


class KesherGroup(click.Group):
    """Turns errors into one clear message and the documented exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command, whether or not anybody reads what it prints."""
        with lasting_output():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        if ctx.parent is not None:
            return super().invoke(ctx)
        settings: Settings = ctx.ensure_object(Settings)
        try:
            return super().invoke(ctx)
        except KesherError as error:
            settings.terminal().error(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            settings.terminal().error("stopped")
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if settings.verbose:
                raise
            full = disk_full_error(error, settings.data_dir or "the data directory")
            settings.terminal().error(
                str(full)
                if full
                else f"unexpected {type(error).__name__}: {' '.join(str(error).split())}; "
                "--verbose shows where"
            )
            ctx.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the verbs in the order in which one meets them."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Add the exit codes to the help of the whole command."""
        super().format_epilog(ctx, formatter)
        if ctx.parent is None:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(code), text) for code, text in EXIT_CODES.items()])


pass_settings = click.pass_obj
