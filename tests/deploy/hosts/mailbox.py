"""The relay: a real SMTP server in a process of its own, that keeps each message in a file before it says so.

`python mailbox.py ADDRESS PORT FOLDER`
"""

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class Kept:
    """Its messages have their names in the order in which they came, whatever was there before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(len(list(folder.glob("*.eml"))))

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        unfinished = self.folder / "part"
        unfinished.write_bytes(envelope.original_content or b"")
        unfinished.rename(self.folder / f"{next(self.numbers):06d}.eml")
        return "250 OK"


async def serve(address: str, port: int, folder: Path) -> None:
    kept = Kept(folder)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(kept), address, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
