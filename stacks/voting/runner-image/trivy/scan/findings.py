"""What can be wrong with an image without asking anybody: five questions, each answered by findings."""

import json
import re
import stat
from dataclasses import dataclass

import packages

SEVERITIES = ["info", "unknown", "low", "medium", "high", "critical"]
PRIVATE_KEY = re.compile(rb"^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*$", re.MULTILINE)
LARGEST_KEY_FILE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Finding:
    rule: str
    severity: str
    name: str
    description: str
    solution: str
    place: str
    version: str
    url: str = ""


def kept(path, size, read):
    """Returns the contents that a question is about: lists of packages and files with a key; of all others nothing."""
    if packages.is_list(path):
        return read()
    content = read() if size <= LARGEST_KEY_FILE_BYTES else b""
    return content if PRIVATE_KEY.search(content) else b""


def findings(image, advisories):
    files = image.files()
    return [
        *root_user(image),
        *world_writable(files),
        *private_keys(image),
        *known_vulnerabilities(files, advisories),
    ]


def root_user(image):
    user = image.config.get("User", "").partition(":")[0]
    if user in ("", "0", "root"):
        yield Finding(
            rule="root-user",
            severity="medium",
            name="the image runs as root",
            description="Who breaks out of the program is root in the container.",
            solution="Name a user in the Dockerfile, best by number: USER 65532.",
            place="USER",
            version=user or "none",
        )


def world_writable(files):
    """Folders like /tmp, where everybody may write and only owners remove, are meant so."""
    for path, entry in sorted(files.items()):
        member = entry.member
        counts = member.isreg() or (member.isdir() and not member.mode & stat.S_ISVTX)
        if counts and member.mode & stat.S_IWOTH:
            yield Finding(
                rule="world-writable",
                severity="medium",
                name="everybody may write",
                description=f"{path} has the mode {member.mode:04o}.",
                solution=f"chmod o-w {path}",
                place=path,
                version=entry.layer,
            )


def private_keys(image):
    """Looks at every layer: a key that a later one removed is still in the image."""
    for entry in image.entries:
        if PRIVATE_KEY.search(entry.content):
            yield Finding(
                rule="private-key",
                severity="critical",
                name="a private key lies in a layer",
                description=f"Whoever can pull the image has {entry.path}, also when a later layer removes it.",
                solution="Give the key to the container when it starts, and replace it: it is known now.",
                place=entry.path,
                version=entry.layer,
            )


def known_vulnerabilities(files, advisories):
    system = packages.system(files)
    for package in packages.installed(files):
        for advisory in advisories:
            if concerns(advisory, package, system):
                yield Finding(
                    rule=advisory["id"],
                    severity=advisory["severity"],
                    name=advisory["title"],
                    description=f"{package.name} {package.version} is older than {advisory['fixed']}.",
                    solution=f"Upgrade {package.name} to {advisory['fixed']}.",
                    place=package.name,
                    version=package.version,
                    url=advisory.get("url", ""),
                )


def concerns(advisory, package, system):
    release = advisory.get("release", system.release)
    if (advisory["system"], release) != (system.name, system.release):
        return False
    if advisory["package"] != package.source:
        return False
    if packages.is_before(package.version, advisory.get("introduced", "0")):
        return False
    return packages.is_before(package.version, advisory["fixed"])


def read_advisories(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)["advisories"]
