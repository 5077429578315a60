"""Who works on which point: claims of coordinators that share a store, each with a heartbeat.

A coordinator has one file, and a claim is a hard link to it: made once or not at all, and the heartbeat, a touch of the
file, keeps all claims of a coordinator alive at once. A claim without a heartbeat, or of a process of this machine that
is gone, is stale: another coordinator takes the point over.
"""

import contextlib
import functools
import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from circuitsim.campaign.store import CampaignStore, link_once, told

HEARTBEAT = 10.0  # [s]
STALE = 120.0  # [s] without a heartbeat after which a coordinator counts as dead
_LOCAL = ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid")


@dataclass(frozen=True)
class Coordinator:
    """A process that hands out points of a store.

    Attributes:
        store: The store.
        token: Its name.
    """

    store: CampaignStore
    token: str

    @functools.cached_property
    def file(self) -> Path:
        """Its file, to which its claims are links."""
        return self.store.root / "coordinators" / self.token

    @functools.cached_property
    def claims(self) -> str:
        """Start of the path of every claim, as text: a path object for each point took a third of the time."""
        return f"{self.store.root / 'claims'}{os.sep}"


@contextlib.contextmanager
def coordinator(store: CampaignStore) -> Iterator[Coordinator]:
    """Work on a store: the heart beats until the block ends, when every claim is given back.

    Raises:
        InputError: The store cannot be written.
    """
    own = Coordinator(store, secrets.token_hex(8))
    with told(store.root):
        own.file.write_text(json.dumps({"machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}))
    done = threading.Event()
    beating = threading.Thread(target=_beat, args=(own.file, done), daemon=True)
    beating.start()
    try:
        yield own
    finally:
        done.set()
        beating.join()
        _give_back(own)


def claim_point(own: Coordinator, key: str) -> bool:
    """Claim a point, also one whose claim is stale; return whether it is ours now.

    Raises:
        InputError: The store cannot be written.
    """
    place = own.claims + key
    with told(own.store.root):
        return link_once(own.file, place) or (_is_stale(own, Path(place)) and link_once(own.file, place))


def release_point(own: Coordinator, key: str) -> None:
    """Give a claim back."""
    with told(own.store.root), contextlib.suppress(FileNotFoundError):
        os.unlink(own.claims + key)  # noqa: PTH108 (see `Coordinator.claims`)


def live_coordinators(store: CampaignStore) -> int:
    """Return how many coordinators work on a store."""
    folder = store.root / "coordinators"
    return sum(not _is_dead(place, _now(store)) for place in folder.iterdir()) if folder.is_dir() else 0


def _is_stale(own: Coordinator, place: Path) -> bool:
    """Tell whether a claim is stale, and take it away if it is."""
    try:
        claimed = place.stat()
        if not _is_dead(place, own.file.stat().st_mtime):
            return False
        aside = own.store.root / "writing" / f"stale-{secrets.token_hex(8)}"
        place.rename(aside)
        if aside.stat().st_ino != claimed.st_ino:  # another coordinator was faster, and this is its claim
            link_once(aside, place)
            aside.unlink()
            return False
        aside.unlink()
    except FileNotFoundError:
        pass  # released meanwhile
    return True


def _is_dead(place: Path, now: float) -> bool:
    """Tell whether the coordinator behind a file has no heartbeat, or is a process of this machine that is gone."""
    try:
        if now - place.stat().st_mtime > STALE:
            return True
        who = json.loads(place.read_text())
    except (FileNotFoundError, ValueError):  # it ends, or its file is just being written
        return False
    return who["machine"] == _machine() and _started(who["pid"]) != who["started"]


def _now(store: CampaignStore) -> float:
    """Return the time by the clock of the file server [s], on which all machines agree."""
    probe = store.root / "writing" / f"clock-{secrets.token_hex(8)}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:  # a store that cannot be written can still be looked at
        return max((each.stat().st_mtime for each in (store.root / "coordinators").iterdir()), default=0.0)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)


def _beat(file: Path, done: threading.Event) -> None:
    while not done.wait(HEARTBEAT):
        with contextlib.suppress(OSError):  # the next beat tries again
            os.utime(file)


def _give_back(own: Coordinator) -> None:
    with contextlib.suppress(OSError):
        mine = own.file.stat().st_ino
        for entry in os.scandir(own.store.root / "claims"):
            if entry.inode() == mine:
                Path(entry.path).unlink(missing_ok=True)
        own.file.unlink(missing_ok=True)


def _machine() -> str:
    """Return a name of this machine and of its table of processes, so that containers are not taken for one another."""
    parts = [socket.gethostname()]
    for place in _LOCAL:
        with contextlib.suppress(OSError):
            parts.append(str(Path(place).readlink()) if "/ns/" in place else Path(place).read_text().strip())
    return " ".join(parts)


def _started(pid: int) -> str:
    """Return when a process of this machine began; empty where none runs, or where the system does not say."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state[0] in "ZX" else state[19]  # a process that was killed stays until its parent asks for it
