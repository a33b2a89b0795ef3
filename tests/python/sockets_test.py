"""Which process holds the other end of a connection on this machine (Linux)."""

import os
import socket
import subprocess
import sys
import unittest
from unittest import mock

import sockets

CLIENT = """
import os, socket, sys
os.setuid(int(sys.argv[2])) if sys.argv[2] else None
client = socket.socket(socket.AF_INET6 if ":" in sys.argv[3] else socket.AF_INET)
client.connect((sys.argv[3], int(sys.argv[1])))
print("connected", flush=True)
client.recv(1)
"""


@unittest.skipUnless(sys.platform == "linux", "sockets are found on Linux only")
class Ends(unittest.TestCase):
    def setUp(self):
        self.hosts = ["127.0.0.1"] + ["::1"] * os.path.exists("/proc/net/if_inet6")

    def accept(self, host, user=""):
        """Returns the server's end of a connection from another process, and that process."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.create_server((host, 0), family=family)
        self.addCleanup(server.close)
        server.settimeout(30)
        arguments = [sys.executable, "-c", CLIENT, str(server.getsockname()[1]), user, host]
        client = subprocess.Popen(arguments, stdout=subprocess.PIPE)
        connection, _ = server.accept()

        def end():
            connection.close()
            client.wait()
            client.stdout.close()

        self.addCleanup(end)
        self.assertEqual(client.stdout.readline(), b"connected\n")
        return connection, client

    def test_the_process_at_the_other_end_is_found(self):
        for host in self.hosts:
            connection, client = self.accept(host)
            ends = connection.getpeername()[:2], connection.getsockname()[:2]
            self.assertEqual(sockets.holder([os.getpid(), client.pid], *ends), client.pid, host)
            # The other direction is the server's own socket.
            self.assertEqual(sockets.holder([os.getpid(), client.pid], *reversed(ends)), os.getpid(), host)
            self.assertIsNone(sockets.holder([os.getppid()], *ends), host)

    def test_a_connection_of_the_same_user_is_not_foreign(self):
        for host in self.hosts:
            self.assertFalse(sockets.other_user(self.accept(host)[0]), host)

    def test_a_connection_of_another_user_is_foreign(self):
        connection, _ = self.accept("127.0.0.1")
        with mock.patch("os.getuid", return_value=os.getuid() + 1):
            self.assertTrue(sockets.other_user(connection))

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "only root can start a process as another user")
    def test_a_process_of_another_user_is_foreign(self):
        for host in self.hosts:
            self.assertTrue(sockets.other_user(self.accept(host, "65534")[0]), host)

    def test_a_closed_connection_has_no_owner(self):
        connection, client = self.accept("127.0.0.1")
        ends = connection.getpeername()[:2], connection.getsockname()[:2]
        client.kill()
        client.wait()
        self.assertIsNone(sockets.holder([client.pid], *ends))

    def test_no_connection_is_none_even_on_a_port_with_a_listener(self):
        for host in self.hosts:
            connection, _ = self.accept(host)
            end = connection.getsockname()[:2]
            self.assertEqual(sockets.sockets(end, (host, 1)), [], host)


class EndsByTable(Ends):
    """Where the kernel does not answer single questions, as in some sandboxes."""

    def setUp(self):
        super().setUp()
        patch = mock.patch.object(sockets, "by_sock_diag", side_effect=PermissionError)
        patch.start()
        self.addCleanup(patch.stop)


if __name__ == "__main__":
    unittest.main()
