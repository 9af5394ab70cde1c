"""Called by conf/quickstart with a build directory: starts everything, sends a mail, fetches the pages,
says what happened, and takes everything away again."""

import contextlib
import email.message
import html
import http.client
import http.server
import pathlib
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test/integration"))

# pylint: disable=wrong-import-position
from support.ports import free_port, is_free_port, listening_ports
from support.postfix import Postfix
from support.wait import wait_until

SENDER = "127.0.0.2"  # where our mail comes from: loopback too, but an address of its own
WANTED_PORTS = {"smtp": 8025, "http": 8080, "https": 8443, "backend": 8081}
NAMES = ("mail.example.test", "static.example.test", "app.example.test")


class Application(http.server.BaseHTTPRequestHandler):
    """The web application behind frontd: a page that says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        lines = "".join(f"<li>{html.escape(name)}: {html.escape(value)}</li>" for name, value in self.headers.items())
        page = f"<h1>The application</h1><p>You asked for {html.escape(self.path)} with</p><ul>{lines}</ul>\n"
        body = page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Quickstart:
    """Everything that runs, each with its way out in `exits`."""

    def __init__(self, build, exits):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="frontd-quickstart-"))
        self.home.chmod(0o755)
        exits.callback(shutil.rmtree, self.home)
        self.ports = {name: port if is_free_port(port) else free_port() for name, port in WANTED_PORTS.items()}
        self.write_site()
        self.make_certificate()

        self.postfix = Postfix()
        exits.callback(self.postfix.close)
        self.start_application(exits)
        self.start_frontd(build, exits)

    def write_site(self):
        (self.home / "www").mkdir()
        (self.home / "www/index.html").write_text("<h1>The static site</h1>\n", encoding="ascii")

    def make_certificate(self):
        names = ",".join(f"DNS:{name}" for name in NAMES)
        words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj"
        subprocess.run(
            [*words.split(), f"/CN={NAMES[0]}", "-addext", f"subjectAltName={names}",
             "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=self.home,
            check=True,
            capture_output=True,
        )

    def start_application(self, exits):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.ports["backend"]), Application)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        exits.callback(server.server_close)
        exits.callback(server.shutdown)

    def start_frontd(self, build, exits):
        program = next((p for p in (build / "frontd", build / "proxy/process/frontd") if p.is_file()), None)
        if program is None:
            raise RuntimeError(f"there is no frontd in {build}")
        text = (HERE / "quickstart.conf").read_text(encoding="utf-8")
        values = {"home": self.home, "postfix": self.postfix.port, **self.ports}
        config = self.home / "frontd.conf"
        config.write_text(re.sub(r"@(\w+)@", lambda m: str(values[m[1]]), text), encoding="utf-8")
        words = [program, "-p", f"{self.home}/", "-c", config]

        print("$ frontd -t", flush=True)
        subprocess.run([*words, "-t"], check=True)
        with open(self.home / "output", "wb") as output:
            process = subprocess.Popen(words, stdout=output, stderr=output, start_new_session=True)
        exits.callback(end, process)
        wanted = {self.ports[name] for name in ("smtp", "http", "https")}
        wait_until(lambda: wanted <= listening_ports() or process.poll() is not None, self.frontd_log)
        if process.poll() is not None:
            raise RuntimeError(f"frontd did not start:\n{self.frontd_log()}")

    def frontd_log(self):
        return "".join(p.read_text("utf-8", "replace") for p in (self.home / "output", self.home / "error.log") if p.exists())

    def tls(self):
        """Our own certificate, and no other, is believed."""
        return ssl.create_default_context(cafile=self.home / "cert.pem")

    # What is shown

    def send_mail(self):
        message = email.message.EmailMessage()
        message["From"], message["To"] = "visitor@client.example", "user@example.test"
        message["Subject"] = "Through the front door"
        message.set_content("Sent with STARTTLS to frontd, and handed on to Postfix.\n")
        # The name to connect to is an address; the name that the certificate is checked for is ours.
        client = smtplib.SMTP(local_hostname="client.example", source_address=(SENDER, 0), timeout=30)
        client.connect("127.0.0.1", self.ports["smtp"])
        client._host = NAMES[0]  # pylint: disable=protected-access
        with client:
            client.starttls(context=self.tls())
            version = client.sock.version()
            client.send_message(message)
        print(f"\n== One mail from {SENDER} through STARTTLS ({version})")
        line = self.postfix.wait_for_log(rf".*client=\S*\[{re.escape(SENDER)}\].*")[0]
        print("Postfix's log names the client that XCLIENT carried, not frontd:")
        print("  " + line)
        print("and delivered the message:")
        delivered = self.postfix.wait_for_message("Through the front door").decode()
        print("".join(f"  {line}\n" for line in delivered.splitlines()), end="")

    def fetch(self, name, path, expected):
        address = ("127.0.0.1", self.ports["https"])
        connection = http.client.HTTPConnection(*address)
        connection.sock = self.tls().wrap_socket(socket.create_connection(address, 30), server_hostname=name)
        connection.request("GET", path, headers={"Host": f"{name}:{self.ports['https']}"})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        print(f"\n== https://{name}:{self.ports['https']}{path}  {response.status} {response.reason}")
        print("".join(f"  {line}\n" for line in body.splitlines()), end="")
        if response.status != 200 or expected not in body:
            raise RuntimeError(f"that is not the page of {name}")

    def show(self):
        self.send_mail()
        self.fetch("static.example.test", "/", "The static site")
        self.fetch("app.example.test", "/some/page", "You asked for /some/page")

    def say_how_to_go_on(self):
        https = self.ports["https"]
        print(f"""
Everything runs until Ctrl-C. Try:
  curl --cacert {self.home}/cert.pem --connect-to ::127.0.0.1: https://app.example.test:{https}/
  openssl s_client -starttls smtp -connect 127.0.0.1:{self.ports['smtp']}
  {self.home}/frontd.conf is the configuration; error.log, access.log and mail.json are beside it""")


def end(process):
    """SIGTERM, and no process left."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main():
    build, check = pathlib.Path(sys.argv[1]), "--check" in sys.argv[2:]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    quickstart = None
    with contextlib.ExitStack() as exits:
        try:
            quickstart = Quickstart(build, exits)
            quickstart.show()
            if not check:
                quickstart.say_how_to_go_on()
                signal.pause()
        except KeyboardInterrupt:
            print("\nStopping.")
        except (AssertionError, OSError, RuntimeError, smtplib.SMTPException, subprocess.CalledProcessError) as problem:
            print(f"\nThat did not work: {problem}", file=sys.stderr)
            if quickstart is not None:
                print(quickstart.frontd_log(), file=sys.stderr)
            return 1
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left behind, however impatient
    if check:
        print("\nAll of it works.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
