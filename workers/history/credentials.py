"""The access to the cluster in Faust's own words."""

from __future__ import annotations

import faust

from workers.cluster import Access


def credentials(access: Access) -> faust.types.auth.CredentialsT | None:
    """None = PLAINTEXT, Faust's default. Raises `Usage` where a file cannot be used."""
    if access.with_password:
        return faust.SASLCredentials(
            username=access.user,
            password=access.password(),
            ssl_context=access.context(),
            mechanism=access.sasl_mechanism,
        )
    return faust.SSLCredentials(access.context()) if access.with_tls else None
