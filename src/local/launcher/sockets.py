"""Processes at the other end of connections on this machine. Linux only: elsewhere, no end is known.

Source: proc(5), /proc/net/tcp and /proc/[pid]/fd.
"""

import os
import socket
import struct

ESTABLISHED = "01"


def number(address):
    """Returns an address as /proc/net/tcp and tcp6 show it: words of 4 bytes in the byte order of the machine."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    packed = socket.inet_pton(family, address[0])
    words = struct.unpack(f">{len(packed) // 4}I", packed)
    text = "".join(f"{socket.ntohl(word):08X}" for word in words)
    return f"{text}:{address[1]:04X}"


def sockets(end, other):
    """Returns user and inode of the sockets at one end of a connection, which is open.

    Both ends are compared: connections to other servers may have the same port here, and closed ones (TIME_WAIT) have
    no owner."""
    ends = [number(end), number(other)]
    table = "/proc/net/tcp6" if ":" in end[0] else "/proc/net/tcp"
    try:
        with open(table, encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [(int(row[7]), int(row[9])) for row in rows if row[1:4] == [*ends, ESTABLISHED]]


def other_user(connection):
    """Returns whether the other end of a connection belongs to another user of this machine."""
    ends = sockets(connection.getpeername()[:2], connection.getsockname()[:2])
    return any(user != os.getuid() for user, _ in ends)


def holder(processes, end, other):
    """Returns the first of these processes that holds an end of a connection, or None."""
    names = {f"socket:[{inode}]" for _, inode in sockets(end, other)}
    return next((process for process in processes if names & set(files(process))), None) if names else None


def files(process):
    """Returns the targets of a process's file descriptors; none of a process that has ended."""
    folder = f"/proc/{process}/fd"
    try:
        descriptors = os.listdir(folder)
    except OSError:
        return
    for descriptor in descriptors:
        try:
            yield os.readlink(f"{folder}/{descriptor}")
        except OSError:
            # Closed in between.
            continue
