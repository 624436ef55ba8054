"""When the image cannot be built: whose fault it is, by what the tools say."""

import pytest

from tests.fakes.container_tool import why_not_to_be_had


@pytest.mark.parametrize(
    "line",
    [
        "W: Failed to fetch http://mirror.example/dists/InRelease  Temporary failure resolving 'mirror.example'",
        "E: Failed to fetch http://mirror.example/x.deb  Could not connect to mirror.example:80 (192.0.2.1).",
        "  NewConnectionError('HTTPSConnection(host=..., port=443): Failed to establish a new connection')",
        "error: error sending request for url (https://index.example/simple/numpy/)",
        "SSL: certificate verify failed: unable to get local issuer certificate",
        "Error: runc create failed: unable to start container process: operation not permitted",
        "Error: write /var/tmp/x: no space left on device",
    ],
)
def test_a_network_or_a_machine_that_refuses_is_a_reason_not_to_build(line):
    assert why_not_to_be_had(f"STEP 3/9: RUN apt-get update\n  {line}\nexit status 100") == line.strip()


@pytest.mark.parametrize(
    "line",
    [
        "ModuleNotFoundError: No module named 'engine.voices.espeak'",
        "E: Unable to locate package python4",
        "error: Hash mismatch for `numpy==2.4.6`",
        "COPY scenarios scenarios: no such file or directory",
        "strip: 'x.so': Permission denied",
    ],
)
def test_a_fault_of_the_image_is_no_reason(line):
    assert why_not_to_be_had(f"STEP 3/9: RUN something\n{line}\nexit status 1") == ""
