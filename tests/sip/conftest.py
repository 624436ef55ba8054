"""One house for all line processes of a test run; certificates are made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.sip.certificates import Certificates, certificates
from tests.fakes.sip.line_harness import LineHouse


@pytest.fixture(scope="session")
def house() -> Iterator[LineHouse]:
    """Supervisor, playback and capture, as far as a line knows them."""
    pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")
    with LineHouse() as house:
        yield house


@pytest.fixture(scope="session")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates, right and wrong ones."""
    return certificates(tmp_path_factory.mktemp("certificates"))
