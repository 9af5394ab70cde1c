"""Debian's nginx beside frontd, with the same configuration."""

import re
import subprocess

from .ports import free_port
from .wait import wait_until


class Nginx:
    """nginx with the configuration of `proxy` (a Frontd), on a port and with logs of its own: the port
    @http@ and logs/NAME.log become others, logs/nginx-NAME.log."""

    def __init__(self, proxy):
        self.port = free_port()
        self.log_path = proxy.home / "logs/nginx-error.log"
        text = proxy.config_path.read_text().replace(str(proxy.port("http")), str(self.port))
        text = re.sub(r"\b([-\w]+\.log)\b", r"nginx-\1", text.replace("frontd.pid", "nginx.pid"))
        path = proxy.home / "nginx.conf"
        path.write_text(text)
        self.process = subprocess.Popen(["nginx", "-p", f"{proxy.home}/", "-c", str(path)])
        wait_until(self._answers, "nginx listens")

    def _answers(self):
        assert self.process.poll() is None, "nginx has ended"
        return subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{self.port}/"],
                              check=False).returncode == 0

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
