"""Runs first in the frozen program: where to find the certificates of trusted authorities.

The OpenSSL inside looks where the machine that built it keeps them. Where the user's machine has
them elsewhere, the system's own list is named, or else the list that came along.
"""


def _name_trust_roots():
    import os
    import ssl
    import sys

    if sys.platform == "win32" or "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return  # Windows has a store of its own; whoever set the names wants them
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None or (paths.capath is not None and os.listdir(paths.capath)):
        return
    candidates = (
        "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
        "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
        "/etc/ssl/ca-bundle.pem",  # openSUSE
        "/etc/ssl/cert.pem",  # macOS, Alpine
        os.path.join(sys._MEIPASS, "certifi", "cacert.pem"),  # noqa: SLF001 - its name
    )
    for path in candidates:
        if os.path.isfile(path):
            os.environ["SSL_CERT_FILE"] = path
            return


_name_trust_roots()
del _name_trust_roots
