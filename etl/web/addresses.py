"""SSRF guard: the addresses that a request may go to.  Pure.

Pages come from the public internet.  A hostile link or name server can name any other address (this machine, its
network, a cloud's metadata service) to have it asked with the trust that this machine enjoys there.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # the last 32 bits are an IPv4 address
IPV4_COMPATIBLE = IPv6Network("::/96")  # a deprecated form of IPv4 addresses
METADATA_SERVICES = frozenset({IPv4Address("168.63.129.16"), IPv4Address("192.0.0.192")})  # Azure, Oracle


def is_public(address: str) -> bool:
    """Whether an IP address, as the resolver gives it, is on the public internet, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip not in METADATA_SERVICES
    inside = _embedded(ip)
    if inside is not None:
        return is_public(str(inside))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_site_local


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a translator would connect to instead."""
    if ip.ipv4_mapped or ip.sixtofour:
        return ip.ipv4_mapped or ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip in IPV4_COMPATIBLE or any(ip in network for network in NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def hosts(setting: str) -> frozenset[str]:
    """Hosts that a setting names, apart by spaces or commas."""
    return frozenset(setting.lower().replace(",", " ").split())


def is_allowed(url_host: str, allowed: frozenset[str]) -> bool:
    """Whether a URL's host (with its port, if it has one) is among hosts that are allowed on any address.

    allowed  "intranet.example" for any port, "localhost:8080" for one
    """
    return url_host in allowed or url_host.rpartition(":")[0] in allowed
