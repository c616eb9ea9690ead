"""Channels to a Farebox listener, with TLS or without."""

import grpc


def open_channel(address, credentials=None):
    """A channel to host:port; `credentials` (grpc.ssl_channel_credentials) make it speak TLS."""
    if credentials is None:
        return grpc.insecure_channel(address)
    return grpc.secure_channel(address, credentials)
