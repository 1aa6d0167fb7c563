"""Airbyte's own standard tests of each kind of source: spec, check, discover, read.

Its tests of Docker images are left out: Kesher's connectors are not shipped as images.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pipedrive
import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase
from answering_vendor import Answer, LocalVendor, Request

import connectors
from connectors import sandbox

Settings = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of each vendor for a sandbox in which every stream has something."""
    directory = tmp_path_factory.mktemp("sandbox") / "sandbox"
    sandbox.create(directory, people=150, seed=11)
    with sandbox.running(directory) as base_url:
        yield sandbox.source_configs(base_url)


class _AirbyteStandard(SourceTestSuiteBase):
    """Over what `own_settings`, a fixture, gives to the source; `spoil` makes its check fail."""

    connector_type: ClassVar[str]

    test_docker_image_build_and_spec = None  # type: ignore[assignment]
    test_docker_image_spec_backward_compatibility = None  # type: ignore[assignment]
    test_docker_image_build_and_check = None  # type: ignore[assignment]
    test_docker_image_build_and_config_matches_spec = None  # type: ignore[assignment]
    test_docker_image_build_and_discover = None  # type: ignore[assignment]
    test_docker_image_build_and_read = None  # type: ignore[assignment]

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return Path(connectors.__file__).parent / cls.connector_type

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> Any:
        module = import_module(f"connectors.{cls.connector_type}.source")
        if scenario is None:
            return module.create_source(None)
        root = cls.get_connector_root_dir()
        return module.create_source(
            scenario.get_config_dict(connector_root=root, empty_if_missing=False)
        )

    @classmethod
    def spoil(cls, own: dict[str, Any]) -> None:
        raise NotImplementedError

    @pytest.fixture(params=["succeed", "failed"])
    def scenario(
        self, own_settings: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
    ) -> ConnectorTestScenario:
        """With the right settings, which have to succeed, and with wrong ones, which must fail."""
        if request.param == "failed":
            self.spoil(own_settings)
        file = tmp_path / f"{request.param}.json"
        file.write_text(json.dumps(own_settings))
        return ConnectorTestScenario(config_path=file, status=request.param)


class _Vendor(_AirbyteStandard):
    """Over the sandbox, with the right key and with a wrong one."""

    secret: ClassVar[str]

    @pytest.fixture
    def own_settings(self, settings: Settings) -> dict[str, Any]:
        own = {**settings[self.connector_type], "max_retries": 0}
        del own["type"]
        return own

    @classmethod
    def spoil(cls, own: dict[str, Any]) -> None:
        own[cls.secret] = f"not-{own[cls.secret]}"


class TestStripe(_Vendor):
    connector_type = "stripe"
    secret = "client_secret"


class TestZendesk(_Vendor):
    connector_type = "zendesk"
    secret = "api_token"


class TestMailchimp(_Vendor):
    connector_type = "mailchimp"
    secret = "api_key"


class TestHubspot(_Vendor):
    connector_type = "hubspot"
    secret = "access_token"


class TestFiles(_AirbyteStandard):
    """Over a list, with a column that it has and with one that it does not have."""

    connector_type = "files"

    @pytest.fixture
    def own_settings(self, tmp_path: Path) -> dict[str, Any]:
        (tmp_path / "fair.csv").write_text(
            "Name,Mail,Nr\nDana Levi,dana@levi.example,1\nRon Katz,ron@katz.example,2\n,,\n"
        )
        mapping = {"full_name": "Name", "email": "Mail"}
        return {"path": str(tmp_path / "*.csv"), "mapping": mapping, "record_id": "Nr"}

    @classmethod
    def spoil(cls, own: dict[str, Any]) -> None:
        own["mapping"]["phone"] = "Mobile"


class TestManifest(_AirbyteStandard):
    """Over the guide's example, with the right token and with a wrong one."""

    connector_type = "manifest"

    @pytest.fixture
    def own_settings(
        self, local_vendor: Callable[[Callable[[Request], Answer]], LocalVendor]
    ) -> dict[str, Any]:
        return {
            "folder": str(pipedrive.EXAMPLE),
            "max_retries": 0,
            "settings": {
                "company_domain": "acme",
                "api_token": pipedrive.TOKEN,
                "base_url": local_vendor(pipedrive.account().answer).base_url,
            },
        }

    @classmethod
    def spoil(cls, own: dict[str, Any]) -> None:
        own["settings"]["api_token"] = "another-token"
