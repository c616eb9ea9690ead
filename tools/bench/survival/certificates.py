"""A certificate for the loopback, for a server that is to speak TLS."""

import ssl

import grpc
from authority import Authority


class TLSFiles:
    """What the server is told, and what its clients believe."""

    def __init__(self, folder):
        authority = Authority()
        key, certificate = authority.issue("bench")
        paths = {"key": key, "certificate": certificate, "authority": authority.certificate}
        for name, content in paths.items():
            (folder / f"{name}.pem").write_bytes(content)
        self.environment = {
            "FAREBOX_TLS_KEY": str(folder / "key.pem"),
            "FAREBOX_TLS_CERTIFICATE": str(folder / "certificate.pem"),
            "FAREBOX_REMOTE_TLS_AUTHORITY": str(folder / "authority.pem"),
        }
        self.credentials = grpc.ssl_channel_credentials(authority.certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(["h2"])
