"""Start a program that ends with its parent and can write only in its own folder.

`process` and `connection` start it as a script, `python -I -S guard.py PARENT FOLDER PROGRAM [ARGUMENT …]`; it becomes
the program. It imports nothing from circuitsim and therefore starts quickly. What a system does not offer is left out,
and `circuitsim doctor` says so.

Source: prctl(2), landlock(7).
"""

import ctypes
import os
import struct
import sys

NOT_STARTED = 126  # exit code if the program cannot be started
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SIGKILL = 9  # the module `signal` takes half as long to import as this script takes altogether
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # system calls, the same on every architecture
_RULE_PATH_BENEATH = 1
_UNNAMED = "/tmp"  # where tmpfile() of the C library opens its files, whatever TMPDIR says
# Rights to write a file, to remove and to make files and folders, to move them (version 2), to truncate (version 3).
_WRITE = 1 << 1
_CHANGE = _WRITE | sum(1 << bit for bit in range(4, 13))
_SINCE = {2: 1 << 13, 3: 1 << 14}


def landlock_version() -> int:
    """Return the version of the kernel's Landlock, by which a process gives up rights to write; 0 without it."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)), 0)


def confine(folder: str) -> bool:
    """Let this process write only in `folder` and to /dev/null; return False where the kernel cannot.

    ngspice needs an unnamed temporary file, which the C library opens in /tmp. The right for it lets a process make,
    truncate and remove no file there.
    """
    version = landlock_version()
    if version == 0:
        return False
    libc = _libc()
    rights = _CHANGE | sum(bit for since, bit in _SINCE.items() if version >= since)
    attributes = struct.pack("=Q", rights)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    for place, granted in ((folder, rights), (os.devnull, _WRITE), (_UNNAMED, _WRITE)):
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", granted, descriptor)
        libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, ctypes.c_uint32(0))
        os.close(descriptor)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = libc.syscall(_RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0
    os.close(rules)
    return done


def end_with(parent: int) -> None:
    """Have this process killed when the thread that started it ends; end now if process `parent` is gone already."""
    if sys.platform.startswith("linux"):
        _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(NOT_STARTED)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _become(parent: int, folder: str, command: list[str]) -> None:
    """Give up rights, then become the command; `parent` 0: the program itself watches its parent."""
    if parent:
        end_with(parent)
    confine(folder)
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.stderr.write(f"guard: {error.strerror}\n")
        sys.exit(NOT_STARTED)


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
