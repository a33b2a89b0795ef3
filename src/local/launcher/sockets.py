"""Processes at the other end of connections on this machine. Linux only: elsewhere, no end is known.

Sources: sock_diag(7), and proc(5) with /proc/net/tcp and /proc/[pid]/fd.
"""

import os
import socket
import struct

ESTABLISHED = 1
SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, NETLINK_SOCK_DIAG = 20, 1, 4
# inet_diag_sockid: ports, addresses, interface and cookie, where all ones stand for any.
SOCKET_ID = struct.Struct("!HH16s16s12s")
ANY = b"\0" * 4 + b"\xff" * 8
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct(f"=BBBBI{SOCKET_ID.size}s")
# inet_diag_msg up to user and inode.
RESPONSE = struct.Struct(f"=BBBB{SOCKET_ID.size}sIIIII")


def sockets(end, other):
    """Returns user and inode of the sockets at one end of a connection, which is open.

    Both ends are compared: connections to other servers may have the same port here, and closed ones (TIME_WAIT) have
    no owner."""
    try:
        return by_sock_diag(end, other)
    except (AttributeError, OSError):
        # No sock_diag, as in some sandboxes.
        return by_table(end, other)


def by_sock_diag(end, other):
    """Asks the kernel for the socket. Unlike the table in /proc, this does not take longer with more connections."""
    family = socket.AF_INET6 if ":" in end[0] else socket.AF_INET
    addresses = [socket.inet_pton(family, address[0]).ljust(16, b"\0") for address in (end, other)]
    question = REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, 1 << ESTABLISHED,
                            SOCKET_ID.pack(end[1], other[1], *addresses, ANY))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(HEADER.pack(HEADER.size + len(question), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0) + question)
        answer = kernel.recv(4096)
    # Otherwise the answer is an error: the socket was not found.
    if HEADER.unpack_from(answer)[1] != SOCK_DIAG_BY_FAMILY:
        return []
    found = RESPONSE.unpack_from(answer, HEADER.size)
    # Without a connection, the kernel answers with the socket that listens on the port.
    return [found[-2:]] if found[1] == ESTABLISHED else []


def number(address):
    """Returns an address as /proc/net/tcp and tcp6 show it: words of 4 bytes in the byte order of the machine."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    packed = socket.inet_pton(family, address[0])
    words = struct.unpack(f">{len(packed) // 4}I", packed)
    text = "".join(f"{socket.ntohl(word):08X}" for word in words)
    return f"{text}:{address[1]:04X}"


def by_table(end, other):
    """Searches the table of all connections."""
    ends = [number(end), number(other)]
    table = "/proc/net/tcp6" if ":" in end[0] else "/proc/net/tcp"
    try:
        with open(table, encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [(int(row[7]), int(row[9])) for row in rows if row[1:4] == [*ends, f"{ESTABLISHED:02X}"]]


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
