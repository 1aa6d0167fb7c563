from __future__ import annotations

import importlib
import json
import logging
import typing
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.people_fields import PEOPLE_FIELDS
from connectors.stream_names import vendor_streams
from kesher.config import load_config
from kesher.config_schema import VENDORS, KesherFile, PeopleField, SourceConfig
from kesher.errors import ConfigError
from kesher.example import example_text, write_example


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kesher.yml"


def problems(file: Path, text: str, **environment: str) -> list[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, needs=frozenset({"sources", "alerts"}), environment=environment)
    assert all(line.startswith(str(file)) for line in caught.value.problems)
    return [line.removeprefix(f"{file}: ") for line in caught.value.problems]


def test_without_a_file_everything_is_the_sandbox_under_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config()
    assert config.uses_sandbox
    assert config.data_dir == tmp_path / "data"
    assert (config.sandbox.people, config.sandbox.seed) == (2000, 7)


def test_paths_in_the_file_are_meant_from_where_it_lies(file: Path) -> None:
    file.write_text(
        "data_dir: store\n"
        "sources: {fair: {type: files, path: lists/*.csv, mapping: {email: E-mail}}}\n"
    )
    config = load_config(file)
    assert config.data_dir == file.parent / "store"
    assert config.sources is not None
    assert config.sources["fair"]["path"] == str(file.parent / "lists/*.csv")
    assert load_config(file, Path("/elsewhere")).data_dir == Path("/elsewhere")


def test_secrets_come_from_the_environment_and_are_known_as_such(file: Path) -> None:
    file.write_text('sources: {stripe: {type: stripe, client_secret: "${KEY}"}}')
    config = load_config(file, environment={"KEY": "sk_live_1234567"})
    assert config.sources is not None
    assert config.sources["stripe"]["client_secret"] == "sk_live_1234567"
    assert "sk_live_1234567" in config.secrets
    assert "sk_live_1234567" not in repr(config)
    assert config.literal_secrets == ()


def test_a_secret_written_into_the_file_is_noted(file: Path) -> None:
    file.write_text("sources: {stripe: {type: stripe, client_secret: sk_live_1234567}}")
    assert load_config(file).literal_secrets == ("sources.stripe.client_secret",)


def test_an_unknown_key_is_refused_with_the_nearest_one(file: Path) -> None:
    (line,) = problems(file, "dashbord: {port: 1}")
    assert line.startswith(
        "dashbord: unknown key; expected one of data_dir, home_country, sources,"
    )
    assert "did you mean dashboard?" in line
    (line,) = problems(
        file, "sources: {stripe: {type: stripe, client_secret: a, start_dat: 2024-01-01}}"
    )
    assert line.startswith("sources.stripe.start_dat: unknown key")
    assert "did you mean start_date?" in line


def test_a_wrong_type_tells_what_was_found_and_expected(file: Path) -> None:
    assert problems(file, "dashboard: {port: eighty}") == [
        "dashboard.port: found text eighty; expected a whole number"
    ]
    assert problems(file, "sources: [stripe]") == [
        "sources: found a list; expected keys and values"
    ]
    assert problems(file, "sandbox: {people: 0}")[0].startswith(
        "sandbox.people: found a whole number 0; expected greater than"
    )


def test_a_missing_key_is_named(file: Path) -> None:
    assert problems(file, "sources: {stripe: {type: stripe}}") == [
        "sources.stripe.client_secret: found nothing; expected a value, this key is required"
    ]
    assert problems(file, "sources: {stripe: {client_secret: a}}")[0].startswith(
        "sources.stripe.type: found nothing; expected one of stripe,"
    )


def test_an_unknown_type_of_source_is_refused_with_the_nearest_one(file: Path) -> None:
    (line,) = problems(file, "sources: {stripe: {type: strpe, client_secret: a}}")
    assert line.startswith("sources.stripe.type: found strpe; expected one of stripe,")
    assert "did you mean stripe?" in line


@pytest.mark.parametrize(("value", "fault"), [(None, "not set"), ("  ", "empty")])
def test_a_missing_environment_variable_is_named_with_its_key(
    file: Path, value: str | None, fault: str
) -> None:
    environment = {} if value is None else {"STRIPE_KEY": value}
    text = 'sources: {stripe: {type: stripe, client_secret: "${STRIPE_KEY}"}}'
    assert problems(file, text, **environment) == [
        f"sources.stripe.client_secret: environment variable STRIPE_KEY is {fault}; "
        "set it: export STRIPE_KEY=..."
    ]


def test_verbs_that_need_no_source_work_without_its_keys(file: Path) -> None:
    file.write_text(
        'sources: {stripe: {type: stripe, client_secret: "${A}", max_retries: "${N}"}}\n'
        'alerts: {slack: {webhook_url: "${B}"}}\n'
    )
    config = load_config(file, environment={})
    assert config.alerts.slack is None
    assert list(config.sources or {}) == ["stripe"]


def test_a_secret_value_never_stands_in_an_error(file: Path) -> None:
    lines = problems(
        file,
        "sources:\n"
        "  stripe: {type: stripe, client_secret: [hidden-1]}\n"
        "  zendesk: {type: zendesk, subdomain: a, email: b, api_token: {x: hidden-2}}\n"
        '  mailchimp: {type: mailchimp, api_key: k, timeout_seconds: "${T}"}\n'
        "alerts: {slack: {webhook_url: hidden-4}, webhook: {url: hidden-5}}\n",
        T="hidden-3",
    )
    assert len(lines) == 5
    assert "hidden" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sources: {stripe: {client_secret: ${KEY}}}", 'in quotes: "${NAME}"'),
        ("data_dir: a\ndata_dir: b\n", "line 2, column 1: the key data_dir stands twice"),
        ("data_dir: [a", "line 1"),
        ("\tdata_dir: a", "line 1, column 1"),
        ("sources: {stripe: {type: stripe, start_date: 2024-13-01}}", "month must be in 1..12"),
        ("- a\n- b\n", "found a list; expected keys"),
        ("just words", "found text; expected keys"),
        ("data_dir: '${not a name}'", "names no environment variable"),
    ],
)
def test_text_that_is_no_configuration_is_refused_with_the_place(
    file: Path, text: str, expected: str
) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert len(caught.value.problems) == 1
    assert expected in caught.value.problems[0]


def test_a_file_that_is_missing_or_not_utf8_is_told(file: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; kesher init writes one"):
        load_config(file)
    file.write_bytes("data_dir: דאטה".encode("windows-1255"))
    with pytest.raises(ConfigError, match="not UTF-8 at position 10"):
        load_config(file)


@pytest.mark.parametrize("name", ["kesher", "steward", "stripe", "Trade Fair", "9lives", "../up"])
def test_names_that_can_be_no_folder_of_a_list_are_refused(file: Path, name: str) -> None:
    text = yaml.safe_dump(
        {"sources": {name: {"type": "files", "path": "a.csv", "mapping": {"email": "E"}}}}
    )
    (line,) = problems(file, text)
    assert line.startswith(f"sources.{name}: found a name")


def test_a_vendor_has_its_own_name(file: Path) -> None:
    (line,) = problems(file, "sources: {billing: {type: stripe, client_secret: a}}")
    assert "expected the name stripe" in line


def test_a_field_that_we_do_not_have_is_refused_with_the_nearest_one(file: Path) -> None:
    (line,) = problems(file, "sources: {a: {type: files, path: a, mapping: {emial: E}}}")
    assert line.startswith("sources.a.mapping.emial: unknown field (did you mean email?)")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-01-31", "2024-01-31"),
        ("'2024-01-31'", "2024-01-31"),
        ("2024-01-31T00:00:00Z", "2024-01-31"),
        ("2024-01-31T01:00:00+02:00", "2024-01-30"),
    ],
)
def test_dates_may_be_written_as_yaml_likes(file: Path, written: str, read: str) -> None:
    file.write_text(
        f"sources: {{stripe: {{type: stripe, client_secret: a, start_date: {written}}}}}"
    )
    sources = load_config(file).sources
    assert sources is not None
    assert sources["stripe"]["start_date"] == read


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("stripe", {"client_secret": "sk_test_a"}),
        ("zendesk", {"subdomain": "acme", "email": "a@acme.example", "api_token": "a"}),
        ("mailchimp", {"api_key": "a-us1"}),
        ("hubspot", {"access_token": "a"}),
    ],
)
def test_every_connector_takes_the_settings_as_they_were_read(
    file: Path, kind: str, keys: dict[str, str]
) -> None:
    from connectors.registry import create_source

    settings = {"type": kind, **keys, "start_date": "2024-01-31T00:00:00Z"}
    file.write_text(json.dumps({"sources": {kind: settings}}))
    sources = load_config(file).sources
    assert sources is not None
    given = {key: value for key, value in sources[kind].items() if key != "type"}
    create_source(kind, given, None, None)


def test_a_date_that_is_none_is_refused(file: Path) -> None:
    (line,) = problems(
        file, "sources: {stripe: {type: stripe, client_secret: a, start_date: yesterday}}"
    )
    assert "found text yesterday; expected a date such as 2024-01-31" in line


@pytest.mark.parametrize("kind", ["stripe", "zendesk", "mailchimp", "hubspot", "files"])
def test_the_keys_of_a_source_are_those_of_its_connector(kind: str) -> None:
    source = importlib.import_module(f"connectors.{kind}.source").create_source(None, None, None)
    spec = source.spec(logging.getLogger("test")).connectionSpecification
    model = next(
        model
        for model in typing.get_args(typing.get_args(SourceConfig)[0])
        if typing.get_args(model.model_fields["type"].annotation) == (kind,)
    )
    # --since of the command says from when on files are read again.
    said_by_command = {"since"} if kind == "files" else set()
    # What is said to Kesher itself.
    own = {"type", "reread_days"}
    assert model.model_fields.keys() - own == spec["properties"].keys() - said_by_command
    required = {name for name, about in model.model_fields.items() if about.is_required()}
    assert required - {"type"} == set(spec["required"])


def test_our_fields_are_those_of_the_files_connector() -> None:
    assert typing.get_args(PeopleField) == PEOPLE_FIELDS


def test_init_writes_the_example_once(tmp_path: Path) -> None:
    file = write_example(tmp_path / "new" / "kesher.yml")
    assert file.read_text(encoding="utf-8") == example_text()
    assert load_config(file).uses_sandbox
    with pytest.raises(ConfigError, match="overwrites nothing"):
        write_example(file)


def test_every_commented_line_of_the_example_is_right() -> None:
    settings = yaml.safe_load(_without_comments(example_text()))
    vendors = {"stripe", "zendesk", "mailchimp", "hubspot"}
    assert set(settings["sources"]) == {*vendors, "trade_fair", "pipedrive"}
    assert settings["sources"]["trade_fair"]["delimiter"] == ";"
    assert set(settings["alerts"]) >= {"slack", "webhook"}
    urls = yaml.safe_dump(settings).replace("${SLACK_WEBHOOK_URL}", "https://a.example")
    urls = urls.replace("${DECISIONS_URL}", "postgresql://dana@c.example/crm")
    KesherFile.model_validate(
        yaml.safe_load(urls.replace("${ALERT_WEBHOOK_URL}", "https://b.example"))
    )


def _without_comments(text: str) -> str:
    """Take out the # before settings, as a reader would, deeper ones too; leave prose."""
    result = []
    for line in text.splitlines():
        head, mark, rest = line.partition("#")
        if mark and not head.strip() and _is_setting(rest):
            inner_head, inner_mark, inner = rest.partition("# ")
            is_deeper = inner_mark and not inner_head.strip() and _is_setting(inner)
            line = inner_head[1:] + inner if is_deeper else rest[1:]
        result.append(line)
    return "\n".join(result)


def _is_setting(text: str) -> bool:
    key = text.strip().lstrip("# ").partition(":")
    return bool(key[1]) and key[0].replace("_", "").isalnum() and key[0].islower()


def test_the_store_of_decisions_may_be_a_postgres_whose_url_is_a_secret(file: Path) -> None:
    url = "postgresql://dana:h%40rd-to-guess@db.example:5432/crm"
    file.write_text('decisions: {url: "${DECISIONS_URL}"}')
    config = load_config(file, needs=frozenset({"decisions"}), environment={"DECISIONS_URL": url})
    assert config.decisions_url == url
    assert {url, "h@rd-to-guess", "h%40rd-to-guess"} <= config.secrets
    assert config.literal_secrets == ()
    assert "rd-to-guess" not in repr(config)
    file.write_text(f"decisions: {{url: '{url}'}}")
    assert load_config(file).literal_secrets == ("decisions.url",)
    file.write_text("decisions: {url: postgres://dana@db.example/crm}")
    assert load_config(file).literal_secrets == ()
    file.write_text("data_dir: x")
    assert load_config(file).decisions_url is None


def test_only_verbs_that_use_decisions_need_their_url(file: Path) -> None:
    file.write_text('decisions: {url: "${DECISIONS_URL}"}')
    assert load_config(file, environment={}).decisions_url is None
    with pytest.raises(ConfigError, match="DECISIONS_URL is not set"):
        load_config(file, needs=frozenset({"decisions"}), environment={})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://dana:hidden@db.example/crm",
        "postgresql://dana:hidden@db.example",
        "postgresql://dana:hidden@db.example:many/crm",
        "postgresql://[hidden/crm",
        "hidden.sqlite",
        "",
    ],
)
def test_an_address_that_is_no_postgres_is_refused_without_being_shown(
    file: Path, url: str
) -> None:
    (line,) = problems(file, f"decisions: {{url: '{url}'}}")
    assert line == (
        "decisions.url: found text; expected a Postgres URL such as "
        "postgresql://user:password@host:5432/database"
    )


@given(st.dictionaries(st.text(min_size=1), st.integers() | st.text() | st.none(), max_size=4))
def test_any_mapping_is_read_or_refused_with_lines(tmp_path_factory, content: dict) -> None:
    file = tmp_path_factory.mktemp("any") / "kesher.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    try:
        load_config(file)
    except ConfigError as error:
        assert error.problems


@pytest.mark.parametrize(
    ("country", "told"),
    [
        ("XX", "found text XX; expected a country in two capital letters, such as IL, US or GB"),
        ("UK", "(did you mean GB?)"),
        ("il", "(did you mean IL?)"),
        ("Israel", "found text Israel; expected a country in two capital letters"),
        ("NO", "Norway's stands in quotes"),
    ],
)
def test_a_home_country_that_is_none_is_refused(file: Path, country: str, told: str) -> None:
    (line,) = problems(file, f"home_country: {country}")
    assert line.startswith("home_country: found ")
    assert told in line


@pytest.mark.parametrize("country", ["IL", "US", "GB", "'NO'"])
def test_a_home_country_is_taken(file: Path, country: str) -> None:
    file.write_text(f"home_country: {country}")
    assert load_config(file).home_country == country.strip("'")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("reread_days: {chargs: 7}", "reread_days: found chargs; expected one of balance_"),
        ("reread_days: {chargs: 7}", "(did you mean charges?)"),
        ("without: [custmers]", "without: found custmers; expected one of balance_"),
        ("without: [custmers]", "(did you mean customers?)"),
        (
            "without: [charges], reread_days: {charges: 7}",
            "reread_days: found charges, which without leaves out",
        ),
    ],
)
def test_a_stream_that_there_is_not_is_told_when_the_file_is_read(
    file: Path, key: str, told: str
) -> None:
    (line,) = problems(file, f"sources: {{stripe: {{type: stripe, client_secret: a, {key}}}}}")
    assert line.startswith("sources.stripe.")
    assert told in line


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_streams_that_a_configuration_may_name_are_those_of_the_connector(vendor: str) -> None:
    manifest = Path(importlib.import_module(f"connectors.{vendor}").__path__[0]) / "manifest.yaml"
    streams = yaml.safe_load(manifest.read_text(encoding="utf-8"))["streams"]
    assert vendor_streams(vendor) == sorted(stream["name"] for stream in streams)


def test_all_streams_cannot_be_left_out(file: Path) -> None:
    every = ", ".join(vendor_streams("zendesk"))
    source = f"type: zendesk, subdomain: a, email: b, api_token: c, without: [{every}]"
    assert problems(file, f"sources: {{zendesk: {{{source}}}}}") == [
        "sources.zendesk.without: found every stream; expected to leave one at least"
    ]


@pytest.mark.parametrize(
    "url",
    ["api.example.com", "https://api .example.com", "http://a:99999", "ftp://a", "https://a/"],
)
def test_an_address_that_no_request_can_go_to_is_refused(file: Path, url: str) -> None:
    source = json.dumps({"type": "stripe", "client_secret": "a", "base_url": url})
    assert problems(file, f"sources: {{stripe: {source}}}") == [
        "sources.stripe.base_url: found text; expected an address such as "
        "https://api.example.com, without a slash at the end"
    ]
