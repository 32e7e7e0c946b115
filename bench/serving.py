"""The emulated ECS over https, served until the process is ended: `serving.py FOLDER`."""

from __future__ import annotations

import asyncio
import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from imageferry.assembly.emulation import emulator_of
from imageferry.assembly.senses import RealClock
from imageferry.emulator.server import serve
from imageferry.settings import resolve


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, none))
    return folder / "certificate.pem", folder / "key.pem"


def main(folder: Path) -> None:
    """Serve a fresh world from the folder, and print its address once it is ready."""
    certificate, key = write_certificate(folder)
    settings = resolve({"home": str(folder), "cloud": "emulator"}, {})

    def ready(port: int) -> None:
        print(f"https://localhost:{port}", flush=True)

    with emulator_of(settings, RealClock()) as emulator:
        serving = serve(
            emulator, host="localhost", port=0, on_ready=ready,
            certificate=certificate, certificate_key=key,
        )  # fmt: skip
        asyncio.run(serving)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
