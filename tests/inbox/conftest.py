"""A real Dovecot on a port of its own, with one mailbox that lives as long as the test."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from imapclient import IMAPClient

from screening.inbox import Account, Security

from ..needs import missing

BINARY = next((p for p in ("/usr/sbin/dovecot", "/usr/bin/dovecot") if Path(p).exists()), None)

CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{base}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/mail/%u
}}
"""


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory):
    """``(host, port)`` of a running server; skipped where Dovecot is not installed."""
    if BINARY is None:
        missing("dovecot-imapd")
    user = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    entry = pwd.getpwnam(user)
    import grp

    group = grp.getgrgid(entry.pw_gid).gr_name
    # Socket paths are limited to 108 bytes, which pytest's own folders exceed.
    base = Path("/tmp") / f"dovecot-{os.getpid()}"
    shutil.rmtree(base, ignore_errors=True)
    for name in ("run", "state", "mail"):
        (base / name).mkdir(parents=True)
        os.chown(base / name, entry.pw_uid, entry.pw_gid)
    base.chmod(0o755)
    port = _free_port()
    config = base / "dovecot.conf"
    config.write_text(CONFIG.format(base=base, user=user, group=group, port=port))
    process = subprocess.Popen([BINARY, "-F", "-c", str(config)], stderr=subprocess.PIPE, text=True)
    for _ in range(100):
        try:
            with IMAPClient("127.0.0.1", port=port, ssl=False, timeout=5) as client:
                client.login("probe", "secret")
            break
        except Exception:
            if process.poll() is not None:
                pytest.fail(f"dovecot stopped: {process.stderr.read()}")
            time.sleep(0.1)
    else:
        pytest.fail(f"dovecot does not answer: {(base / 'log').read_text()[-2000:]}")
    yield "127.0.0.1", port
    process.terminate()
    process.wait(10)
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def account(dovecot, request):
    """A fresh user's INBOX."""
    host, port = dovecot
    name = f"u{abs(hash(request.node.nodeid)):x}"
    return Account(host, name, "secret", port, Security.NONE)


@pytest.fixture
def mailbox(account):
    """A second client, as the people who read the mailbox have one."""
    with IMAPClient(account.host, port=account.port, ssl=False, timeout=20) as client:
        client.login(account.user, account.password)
        client.select_folder("INBOX")
        yield client
