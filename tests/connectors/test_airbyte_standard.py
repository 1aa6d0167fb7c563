"""Airbyte's own standard tests of a source, over the sandbox: spec, check, discover, read.

Its tests of Docker images are left out: Kesher's connectors are not shipped as images.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airbyte_cdk.test.models import ConnectorTestScenario
from airbyte_cdk.test.standard_tests.source_base import SourceTestSuiteBase

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
    vendor: ClassVar[str]
    secret: ClassVar[str]

    test_docker_image_build_and_spec = None  # type: ignore[assignment]
    test_docker_image_spec_backward_compatibility = None  # type: ignore[assignment]
    test_docker_image_build_and_check = None  # type: ignore[assignment]
    test_docker_image_build_and_config_matches_spec = None  # type: ignore[assignment]
    test_docker_image_build_and_discover = None  # type: ignore[assignment]
    test_docker_image_build_and_read = None  # type: ignore[assignment]

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return Path(connectors.__file__).parent / cls.vendor

    @classmethod
    def create_connector(cls, scenario: ConnectorTestScenario | None) -> Any:
        module = import_module(f"connectors.{cls.vendor}.source")
        if scenario is None:
            return module.create_source(None)
        root = cls.get_connector_root_dir()
        return module.create_source(
            scenario.get_config_dict(connector_root=root, empty_if_missing=False)
        )

    @pytest.fixture(params=["succeed", "failed"])
    def scenario(
        self, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
    ) -> ConnectorTestScenario:
        """With the right key, which has to succeed, and with a wrong one, which has to fail."""
        own = {**settings[self.vendor], "max_retries": 0}
        del own["type"]
        if request.param == "failed":
            own[self.secret] = f"not-{own[self.secret]}"
        file = tmp_path / f"{request.param}.json"
        file.write_text(json.dumps(own))
        return ConnectorTestScenario(config_path=file, status=request.param)


class TestStripe(_AirbyteStandard):
    vendor = "stripe"
    secret = "client_secret"


class TestZendesk(_AirbyteStandard):
    vendor = "zendesk"
    secret = "api_token"


class TestMailchimp(_AirbyteStandard):
    vendor = "mailchimp"
    secret = "api_key"


class TestHubspot(_AirbyteStandard):
    vendor = "hubspot"
    secret = "access_token"
