"""Images as `docker save` writes them: a configuration, and layers that lie on top of each other."""

import json
import posixpath
import tarfile
from dataclasses import dataclass

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True)
class Entry:
    """A file or folder of one layer, with what is needed to read it."""

    path: str
    layer: str
    member: tarfile.TarInfo
    content: bytes = b""


class Image:
    """Reads what keeps; nothing is unpacked, so no path of an image can lead out of it."""

    def __init__(self, archive, kept):
        """`kept` gets a path, a size and a function that reads, and returns what is kept of the content."""
        with tarfile.open(archive) as saved:
            manifest = json.load(saved.extractfile("manifest.json"))[0]
            self.config = json.load(saved.extractfile(manifest["Config"])).get("config") or {}
            self.entries = [
                entry
                for name in manifest["Layers"]
                for entry in read_layer(saved.extractfile(name), layer_id(name), kept)
            ]

    def files(self):
        """Returns what a container of the image sees, by path."""
        seen = {}
        for entry in self.entries:
            folder, name = posixpath.split(entry.path)
            if name == OPAQUE:
                remove_below(seen, folder)
            elif name.startswith(WHITEOUT):
                hidden = posixpath.join(folder, name.removeprefix(WHITEOUT))
                seen.pop(hidden, None)
                remove_below(seen, hidden)
            else:
                seen[entry.path] = entry
        return seen


def remove_below(seen, folder):
    for path in [path for path in seen if path.startswith(folder.rstrip("/") + "/")]:
        del seen[path]


def layer_id(name):
    """Older archives keep `<id>/layer.tar`, newer ones `blobs/sha256/<id>`."""
    return name.removesuffix("/layer.tar").split("/")[-1][:12]


def read_layer(stream, layer, kept):
    with tarfile.open(fileobj=stream, mode="r|*") as members:
        for member in members:
            path = "/" + member.name.removeprefix("./").strip("/")
            content = b""
            if member.isreg():
                content = kept(path, member.size, members.extractfile(member).read)
            yield Entry(path, layer, member, content)
