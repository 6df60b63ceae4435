"""What the offline check finds in images made by hand, and what becomes of it: python3 -m unittest discover."""

import dataclasses
import datetime
import io
import json
import pathlib
import tarfile
import tempfile
import unittest
import unittest.mock

import archive
import findings
import packages
import report
import scanners

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
DEBIAN = b'NAME="Debian"\nID=debian\nVERSION_ID="12"\n'
STATUS = b"""Package: openssh-client
Status: install ok installed
Source: openssh
Version: 1:9.2p1-2+deb12u2
Description: a client
 of many words: and colons

Package: liblzma5
Status: deinstall ok config-files
Source: xz-utils
Version: 5.6.0-0.2
"""


def layer(files):
    """`files` are paths with contents, or with a mode as well; a path that ends in / is a folder."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as members:
        for path, content in files.items():
            content, mode = content if isinstance(content, tuple) else (content, 0o644)
            member = tarfile.TarInfo(path.rstrip("/"))
            member.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
            member.size, member.mode = len(content), mode
            members.addfile(member, io.BytesIO(content))
    return written.getvalue()


class ImageCase(unittest.TestCase):
    def image(self, layers, user="65532"):
        names = [f"blobs/sha256/{number:064x}" for number in range(len(layers))]
        files = {name: layer(files) for name, files in zip(names, layers)}
        files["config.json"] = json.dumps({"config": {"User": user}}).encode()
        files["manifest.json"] = json.dumps([{"Config": "config.json", "Layers": names}]).encode()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        saved = pathlib.Path(folder.name, "image.tar")
        saved.write_bytes(layer(files))
        return saved

    def found(self, layers, user="65532"):
        _, _, found = scanners.look_into(self.image(layers, user))
        return [(finding.severity, finding.rule, finding.place) for finding in found]


class OfflineCheck(ImageCase):
    def test_a_program_alone_that_runs_as_nobody_is_clean(self):
        self.assertEqual(self.found([{"voting": (b"\x7fELF", 0o755), "tmp/": (b"", 0o1777)}]), [])

    def test_root_is_found_under_each_of_its_names(self):
        for user in ("", "root", "0", "0:0", "root:root"):
            self.assertEqual(self.found([{}], user), [("medium", "root-user", "USER")], user)
        self.assertEqual(self.found([{}], "1000:0"), [])

    def test_what_everybody_may_write_is_found_where_it_is_seen(self):
        layers = [{"etc/open": (b"", 0o666), "srv/": (b"", 0o777), "gone": (b"", 0o666)}, {".wh.gone": b""}]
        self.assertEqual(
            self.found(layers),
            [("medium", "world-writable", "/etc/open"), ("medium", "world-writable", "/srv")],
        )

    def test_a_removed_key_is_still_in_the_image(self):
        layers = [{"root/.ssh/id_ed25519": KEY}, {"root/.ssh/.wh.id_ed25519": b""}]
        self.assertEqual(self.found(layers), [("critical", "private-key", "/root/.ssh/id_ed25519")])

    def test_a_public_key_and_a_mention_are_no_private_key(self):
        mention = b"say -----BEGIN PRIVATE KEY----- and go on\n"
        public = KEY.replace(b"OPENSSH PRIVATE", b"PUBLIC")
        self.assertEqual(self.found([{"a": mention, "b": public}]), [])

    def test_an_old_package_is_found_by_its_source_and_a_removed_one_is_not(self):
        layers = [{"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS}]
        self.assertEqual(self.found(layers), [("high", "CVE-2024-6387", "openssh-client")])
        repaired = STATUS.replace(b"deb12u2", b"deb12u3")
        self.assertEqual(self.found([layers[0], {"var/lib/dpkg/status": repaired}]), [])

    def test_an_opaque_folder_hides_what_is_below(self):
        layers = [{"data/": (b"", 0o755), "data/open": (b"", 0o666)}, {"data/.wh..wh..opq": b""}]
        self.assertEqual(self.found(layers), [])


class Packages(unittest.TestCase):
    def test_versions_come_in_the_order_of_debian(self):
        ordered = ["1.0~rc1-1", "1.0-1", "1.0-1+deb12u2", "1.0-1+deb12u10", "1.0a-1", "1.0.1", "1:0.1"]
        for early, late in zip(ordered, ordered[1:]):
            self.assertTrue(packages.is_before(early, late), (early, late))
            self.assertFalse(packages.is_before(late, early), (late, early))
        self.assertFalse(packages.is_before("1.0-1", "1.0-1"))

    def test_the_list_of_alpine_is_read(self):
        content = b"P:libssl3\nV:3.1.4-r5\no:openssl\n\nP:busybox\nV:1.36.1-r15\n"
        entry = archive.Entry("/lib/apk/db/installed", "layer", tarfile.TarInfo(), content)
        self.assertEqual(
            packages.installed({entry.path: entry}),
            [
                packages.Package("busybox", "busybox", "1.36.1-r15"),
                packages.Package("libssl3", "openssl", "3.1.4-r5"),
            ],
        )

    def test_every_advisory_is_whole(self):
        for advisory in findings.read_advisories(scanners.ADVISORIES):
            self.assertIn(advisory["severity"], findings.SEVERITIES)
            self.assertTrue({"id", "system", "package", "fixed", "title"} <= advisory.keys(), advisory)


class Report(ImageCase):
    def written(self):
        scanner, system, found = scanners.look_into(self.image([{"etc/os-release": DEBIAN, "key": KEY}]))
        noon = datetime.datetime(2026, 1, 2, 12, 0, 0)
        return found, report.report(found, "registry.example.com/app:1", system, scanner, noon, noon)

    def test_it_is_what_the_schema_requires(self):
        _, said = self.written()
        self.assertEqual(said["version"], "15.0.7")
        self.assertEqual(
            {"start_time", "end_time", "scanner", "analyzer", "status", "type"} - said["scan"].keys(), set()
        )
        self.assertEqual(said["scan"]["start_time"], "2026-01-02T12:00:00")
        self.assertIn("no vulnerability scanner", said["scan"]["scanner"]["name"])
        (one,) = said["vulnerabilities"]
        self.assertEqual(one["severity"], "Critical")
        self.assertEqual(
            one["location"],
            {
                "dependency": {"package": {"name": "/key"}, "version": "000000000000"},
                "operating_system": "debian 12",
                "image": "registry.example.com/app:1",
            },
        )
        self.assertEqual(one["identifiers"], [{"type": "image_check", "name": "private-key", "value": "private-key"}])

    def test_a_name_is_as_long_as_the_schema_takes(self):
        found, _ = self.written()
        long = dataclasses.replace(found[0], name="n" * 300)
        self.assertEqual(len(report.vulnerability(long, "app:1", "none")["name"]), 255)

    def test_one_finding_has_one_id_for_ever(self):
        first, second = self.written()[1], self.written()[1]
        self.assertEqual(first["vulnerabilities"], second["vulnerabilities"])

    def test_a_gate_stops_its_severity_and_worse(self):
        found, _ = self.written()
        self.assertEqual([len(report.stopped_by(found, gate)) for gate in ("", "high", "Critical")], [0, 1, 1])
        medium = [dataclasses.replace(found[0], severity="medium")]
        self.assertEqual([len(report.stopped_by(medium, gate)) for gate in ("high", "low")], [0, 1])
        with self.assertRaisesRegex(ValueError, "`hihg` is no severity"):
            report.stopped_by([], "hihg")


class Choice(unittest.TestCase):
    def chosen(self, name, place):
        with unittest.mock.patch("shutil.which", return_value=place):
            return scanners.chosen(name)

    def test_trivy_looks_where_it_is_unless_told_otherwise(self):
        self.assertEqual(self.chosen("", "/usr/local/bin/trivy"), scanners.trivy)
        self.assertEqual(self.chosen("trivy", "/usr/local/bin/trivy"), scanners.trivy)
        self.assertEqual(self.chosen("offline", "/usr/local/bin/trivy"), scanners.offline)
        self.assertEqual(self.chosen("", None), scanners.offline)

    def test_nobody_takes_the_place_of_the_one_that_was_asked_for(self):
        with self.assertRaisesRegex(ValueError, "`trivy`, which is not in this image"):
            self.chosen("trivy", None)
        with self.assertRaisesRegex(ValueError, "SCANNER is `grype`"):
            self.chosen("grype", None)


class Trivy(unittest.TestCase):
    def test_its_answer_becomes_the_same_report(self):
        said = {
            "Metadata": {"OS": {"Family": "debian", "Name": "12.8"}},
            "Results": [
                {
                    "Target": "app (debian 12.8)",
                    "Vulnerabilities": [
                        {
                            "VulnerabilityID": "CVE-1",
                            "PkgName": "zlib1g",
                            "InstalledVersion": "1.2",
                            "FixedVersion": "1.3",
                            "Severity": "CRITICAL",
                            "Title": "overflow",
                        }
                    ],
                },
                {
                    "Target": "/key",
                    "Secrets": [{"RuleID": "private-key", "Severity": "HIGH", "Title": "a key", "StartLine": 1}],
                },
                {"Target": "nothing"},
            ],
        }
        scanner, system, found = scanners.of_trivy(said, "0.58.0")
        self.assertEqual((scanner.name, system), ("Trivy", "debian 12.8"))
        self.assertEqual(
            [(one.severity, one.rule, one.solution) for one in found],
            [
                ("critical", "CVE-1", "Upgrade zlib1g to 1.3."),
                ("high", "private-key", "Give it to the container when it starts, and replace it: it is known now."),
            ],
        )


if __name__ == "__main__":
    unittest.main()
