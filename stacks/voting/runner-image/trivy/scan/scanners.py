"""The two who look: Trivy where it is installed, and otherwise the check that needs no database."""

import json
import pathlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

import archive
import packages
from findings import Finding, SEVERITIES, findings, kept, read_advisories

ADVISORIES = pathlib.Path(__file__).with_name("advisories.json")


@dataclass(frozen=True)
class Scanner:
    id: str
    name: str
    version: str
    vendor: str


OFFLINE = Scanner("offline-image-check", "offline image check, no vulnerability scanner", "1.0.0", "this project")


def chosen(name):
    """`trivy`, `offline`, or nothing for whichever is here.

    A Trivy that fails, for want of its database say, is not replaced behind anybody's back.
    """
    if name not in ("", "offline", "trivy"):
        raise ValueError(f"SCANNER is `{name}`; there are trivy and offline")
    is_here = shutil.which("trivy")
    if name == "trivy" and not is_here:
        raise ValueError("SCANNER is `trivy`, which is not in this image")
    return trivy if is_here and name != "offline" else offline


def offline(image):
    """Returns who looked, on what system, and what was found."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as saved:
        subprocess.run(["docker", "save", "--output", saved.name, image], check=True)
        return look_into(saved.name)


def look_into(saved):
    image = archive.Image(saved, kept)
    system = packages.system(image.files())
    return OFFLINE, str(system), findings(image, read_advisories(ADVISORIES))


def trivy(image):
    command = ["trivy", "image", "--quiet", "--no-progress", "--exit-code", "0", "--format", "json", image]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    version = subprocess.run(["trivy", "--version"], check=True, capture_output=True, text=True).stdout
    return of_trivy(json.loads(said), version.split()[1])


def of_trivy(said, version):
    system = said.get("Metadata", {}).get("OS", {})
    name = f"{system.get('Family', '')} {system.get('Name', '')}".strip() or "none"
    found = [of_vulnerability(one) for target in said.get("Results", []) for one in target.get("Vulnerabilities", [])]
    found += [
        of_secret(one, target["Target"]) for target in said.get("Results", []) for one in target.get("Secrets", [])
    ]
    return Scanner("trivy", "Trivy", version, "Aqua Security"), name, found


def of_vulnerability(one):
    fixed = one.get("FixedVersion", "")
    return Finding(
        rule=one["VulnerabilityID"],
        severity=severity(one),
        name=one.get("Title") or one["VulnerabilityID"],
        description=one.get("Description", ""),
        solution=f"Upgrade {one['PkgName']} to {fixed}." if fixed else "There is no fixed version yet.",
        place=one["PkgName"],
        version=one["InstalledVersion"],
        url=one.get("PrimaryURL", ""),
    )


def of_secret(one, target):
    return Finding(
        rule=one["RuleID"],
        severity=severity(one),
        name=one["Title"],
        description=f"{target} has it in line {one['StartLine']}.",
        solution="Give it to the container when it starts, and replace it: it is known now.",
        place=target,
        version=one.get("Layer", {}).get("DiffID", "")[7:19] or "none",
    )


def severity(one):
    named = one.get("Severity", "unknown").lower()
    return named if named in SEVERITIES else "unknown"
