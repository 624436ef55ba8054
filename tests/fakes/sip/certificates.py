"""Certificates for TLS on 127.0.0.1: a right one, one by an authority that nobody knows, and one for another name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

NAME = "localhost"
OTHER_NAME = "somewhere-else.example"


@dataclass(frozen=True)
class Certificates:
    """PEM files: what callers trust, and what servers show (certificate and key in one file)."""

    authority: Path
    right: Path
    wrong_name: Path  # of the right authority
    wrong_authority: Path  # for the right name


def certificates(folder: Path) -> Certificates:
    """New ones, in this folder."""
    known, unknown = trustme.CA(), trustme.CA()
    authority = folder / "authority.pem"
    known.cert_pem.write_to_path(str(authority))
    files = Certificates(
        authority, *(folder / f"{name}.pem" for name in ("right", "wrong-name", "wrong-authority"))
    )
    _write(known.issue_cert(NAME, "127.0.0.1"), files.right)
    _write(known.issue_cert(OTHER_NAME), files.wrong_name)
    _write(unknown.issue_cert(NAME, "127.0.0.1"), files.wrong_authority)
    return files


def _write(certificate: trustme.LeafCert, file: Path) -> None:
    certificate.private_key_and_cert_chain_pem.write_to_path(str(file))
    file.chmod(0o600)
