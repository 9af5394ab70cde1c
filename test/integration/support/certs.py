"""Certificates for the tests: one authority a directory, and servers' certificates signed by it."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID


class Certificates:
    """Writes NAME.crt (with the authority's certificate behind it) and NAME.key into `directory`."""

    def __init__(self, directory, name="frontd test authority"):
        self.directory = directory
        self._authority_key = ec.generate_private_key(ec.SECP256R1())
        self._authority = self._sign(name, self._authority_key.public_key(), [], 0, 30, True)
        self.authority = directory / "authority.crt"
        self.authority.write_bytes(self._authority.public_bytes(serialization.Encoding.PEM))

    def make(self, name, names=("localhost", "127.0.0.1", "::1"), kind="ec", starts=-1, ends=30):
        """A certificate for `names`, valid from `starts` to `ends` days from now. `kind`: ec or rsa.
        Making one of the same name again replaces both files. Returns the two paths as text."""
        if kind == "ec":
            key = ec.generate_private_key(ec.SECP256R1())
        else:
            key = rsa.generate_private_key(65537, 2048)
        certificate = self._sign(names[0], key.public_key(), names, starts, ends, False)
        chain = certificate.public_bytes(serialization.Encoding.PEM) + self.authority.read_bytes()
        paths = self.directory / f"{name}.crt", self.directory / f"{name}.key"
        paths[0].write_bytes(chain)
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        paths[1].chmod(0o600)
        return str(paths[0]), str(paths[1])

    def serial(self, name):
        """The serial number of the certificate in NAME.crt."""
        return x509.load_pem_x509_certificate((self.directory / f"{name}.crt").read_bytes()).serial_number

    def _sign(self, common_name, public_key, names, starts, ends, is_authority):
        now = datetime.datetime.utcnow()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        issuer = subject if is_authority else self._authority.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=starts, minutes=-5))
            .not_valid_after(now + datetime.timedelta(days=ends))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
        return builder.sign(self._authority_key, hashes.SHA256())


def _general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
