"""The packages of an image, from the lists that dpkg and apk keep, and which of two versions is the later one."""

import re
from dataclasses import dataclass
from itertools import zip_longest

DPKG = re.compile(r"^/var/lib/dpkg/(status|status\.d/[^/]+)$")
APK = re.compile(r"^/(usr/)?lib/apk/db/installed$")
RELEASE = re.compile(r"^/(etc|usr/lib)/os-release$")


@dataclass(frozen=True)
class Package:
    name: str
    source: str
    version: str


@dataclass(frozen=True)
class System:
    """`debian` and `12`; both empty for an image that says nothing."""

    name: str = ""
    release: str = ""

    def __str__(self):
        return f"{self.name} {self.release}".strip() or "none"


def is_list(path):
    return any(pattern.match(path) for pattern in (DPKG, APK, RELEASE))


def system(files):
    for path, entry in files.items():
        if RELEASE.match(path) and entry.content:
            lines = (line.partition("=") for line in text(entry).splitlines())
            values = {key: value.strip("\"'") for key, _, value in lines}
            return System(values.get("ID", ""), values.get("VERSION_ID", ""))
    return System()


def installed(files):
    found = []
    for path, entry in files.items():
        if DPKG.match(path):
            found += filter(None, map(dpkg_package, paragraphs(entry, ": ")))
        elif APK.match(path):
            found += filter(None, map(apk_package, paragraphs(entry, ":")))
    return sorted(found, key=lambda package: (package.name, package.version))


def text(entry):
    return entry.content.decode(errors="replace")


def paragraphs(entry, separator):
    for block in text(entry).split("\n\n"):
        lines = (line.partition(separator) for line in block.splitlines() if not line.startswith(" "))
        yield {key: value for key, _, value in lines}


def dpkg_package(fields):
    """A removed package may leave its configuration behind; it is not there any more."""
    if "Package" not in fields or "Version" not in fields:
        return None
    if not fields.get("Status", "installed").endswith("installed"):
        return None
    source = fields.get("Source", fields["Package"])
    source, _, version = source.partition(" ")
    return Package(fields["Package"], source, version.strip("()") or fields["Version"])


def apk_package(fields):
    if "P" not in fields or "V" not in fields:
        return None
    return Package(fields["P"], fields.get("o", fields["P"]), fields["V"])


def is_before(version, other):
    """Compares as Debian does: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version

    Versions of Alpine Linux are near enough to that, save for `_rc1` and its like.
    """
    return version_key(version) < version_key(other)


def version_key(version):
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    return Part(epoch), Part(upstream), Part(revision)


class Part:
    """Text and numbers in turns; `~` comes before everything, even the end."""

    def __init__(self, value):
        self.pieces = [
            ([order(character) for character in letters], int(digits or 0))
            for letters, digits in re.findall(r"(\D*)(\d*)", value)
            if letters or digits
        ]

    def __eq__(self, other):
        return compare(self.pieces, other.pieces) == 0

    def __lt__(self, other):
        return compare(self.pieces, other.pieces) < 0


def compare(left, right):
    for (letters, number), (others, other) in zip_longest(left, right, fillvalue=([], 0)):
        for one, two in zip_longest(letters, others, fillvalue=0):
            if one != two:
                return one - two
        if number != other:
            return number - other
    return 0


def order(character):
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
