"""Writes what `ab` posts: one vote for each of the two options."""

import pathlib

for name, vote in {"posta": "a", "postb": "b"}.items():
    pathlib.Path(name).write_text(f"vote={vote}", encoding="ascii")
