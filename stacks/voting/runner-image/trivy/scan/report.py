"""GitLab's report of a container scan, and the gate that it has to pass.

The schema: https://gitlab.com/gitlab-org/security-products/security-report-schemas
"""

import hashlib

from findings import SEVERITIES

SCHEMA = "15.0.7"
# A longer name makes GitLab refuse the whole report.
LONGEST_NAME = 255


def report(findings, image, system, scanner, started, ended):
    product = {
        "id": scanner.id,
        "name": scanner.name,
        "version": scanner.version,
        "vendor": {"name": scanner.vendor},
    }
    return {
        "version": SCHEMA,
        "scan": {
            "analyzer": product,
            "scanner": product,
            "type": "container_scanning",
            "status": "success",
            "start_time": moment(started),
            "end_time": moment(ended),
        },
        "vulnerabilities": [vulnerability(finding, image, system) for finding in findings],
    }


def moment(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def vulnerability(finding, image, system):
    key = "\0".join([finding.rule, finding.place, finding.version, image])
    return {
        "id": hashlib.sha256(key.encode()).hexdigest(),
        "name": finding.name[:LONGEST_NAME],
        "description": finding.description,
        "severity": finding.severity.capitalize(),
        "solution": finding.solution,
        "identifiers": [identifier(finding)],
        "links": [{"url": finding.url}] if finding.url else [],
        "location": {
            "dependency": {"package": {"name": finding.place}, "version": finding.version},
            "operating_system": system,
            "image": image,
        },
    }


def identifier(finding):
    kind = "cve" if finding.rule.startswith("CVE-") else "image_check"
    said = {"type": kind, "name": finding.rule, "value": finding.rule}
    if finding.url:
        said["url"] = finding.url
    return said


def stopped_by(findings, gate):
    """Returns the findings that a gate of this severity does not let through; an empty gate is open."""
    if not gate:
        return []
    if gate.lower() not in SEVERITIES:
        raise ValueError(f"`{gate}` is no severity; there are {', '.join(SEVERITIES)}")
    least = SEVERITIES.index(gate.lower())
    return [finding for finding in findings if SEVERITIES.index(finding.severity) >= least]
