"""What stands on the wire between hotdeskd and the sandbox: a real nginx, a real tinyproxy, certificates good and bad.

The programs cannot be told to take any free port and say which, so a port is looked for; when somebody else was
quicker, another one is.
"""

import datetime
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import threading

from lab import until

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
TINYPROXY = shutil.which("tinyproxy") or "/usr/bin/tinyproxy"


def missing():
    """What is not installed; empty: all is there."""
    return " ".join(name for name, path in (("nginx", NGINX), ("tinyproxy", TINYPROXY), ("openssl", "openssl"))
                    if not shutil.which(path))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Certificates:
    """A certificate authority of its own, and what it issues; PEM files in `folder`."""

    def __init__(self, folder, name="Test CA"):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir()
        self.ca = self.dir / "ca.pem"
        self.count = 0
        (self.dir / "index").touch()
        (self.dir / "ca.cnf").write_text(
            f"[ca]\ndefault_ca = it\n[it]\ndatabase = {self.dir}/index\nnew_certs_dir = {self.dir}\n"
            f"rand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\ncopy_extensions = copy\n"
            "[any]\ncommonName = supplied\n"
            "[req]\ndistinguished_name = dn\n[dn]\n")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9999",
                     "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-config",
                     self.dir / "ca.cnf", "-keyout", self.dir / "ca.key", "-out", self.ca)

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"openssl {arguments[0]}: {done.stderr}")

    def issue(self, name="localhost", start=datetime.timedelta(days=-1), end=datetime.timedelta(days=90),
              self_signed=False):
        """(certificate, key) for a host name; times are from now."""
        self.count += 1
        stem = self.dir / f"{self.count}"
        key, request, certificate = (stem.with_suffix(s) for s in (".key", ".csr", ".pem"))
        san = f"subjectAltName=DNS:{name}"
        make = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-addext", san, "-config", self.dir / "ca.cnf", "-keyout", key)
        if self_signed:
            self.openssl(*make, "-x509", "-days", "90", "-out", certificate)
            return certificate, key
        self.openssl(*make, "-out", request)
        now = datetime.datetime.now(datetime.timezone.utc)
        first, last = ((now + span).strftime("%Y%m%d%H%M%SZ") for span in (start, end))
        self.openssl("ca", "-batch", "-notext", "-config", self.dir / "ca.cnf", "-cert", self.ca, "-keyfile",
                     self.dir / "ca.key", "-in", request, "-startdate", first, "-enddate", last, "-out", certificate)
        return certificate, key


class Served:
    """A program that listens on a port; started anew, with another configuration, on the same port."""

    def __init__(self, lab, name):
        self.lab, self.name, self.port, self.process = lab, name, None, None
        self.dir = lab.root / name
        self.dir.mkdir()

    def stop(self):
        if self.process and self.process.running():
            self.process.kill(signal.SIGTERM)
            self.process.wait()

    def launch(self, command):
        """`command(port)` writes the configuration and says how to start. Returns when it answers."""
        self.stop()
        for _ in range(20):
            port = self.port or free_port()
            self.process = self.lab.start(self.name, command(port))
            until(lambda: answers(port) or not self.process.running(), f"{self.name} answers")
            if self.process.running():
                self.port = port
                return self
        raise AssertionError(f"{self.name} does not start: {self.process.err}{self.process.out}")


class Nginx(Served):
    """A TLS server in front of the sandbox, HTTP/2 for its clients. `seen()` is what it was asked, however little."""

    def __init__(self, lab, name="nginx"):
        super().__init__(lab, name)
        self.log = self.dir / "seen"

    def serve(self, identity, location=None, protocols="TLSv1.2 TLSv1.3"):
        """`location`: the body of `location /`; by default everything goes to the sandbox."""
        behind = int(self.lab.real_base_url.rsplit(":", 1)[1])
        location = location or (f"proxy_pass https://127.0.0.1:{behind}; proxy_ssl_verify off; "
                                "proxy_http_version 1.1; proxy_read_timeout 60s; proxy_buffering off;")
        certificate, key = identity

        def command(port):
            (self.dir / "nginx.conf").write_text(f"""
daemon off; master_process off; worker_processes 1; pid {self.dir}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    log_format seen escape=json '{{"protocol":"$server_protocol","tls":"$ssl_protocol","request":"$request",'
                                '"authorization":"$http_authorization","body":"$request_body","status":$status}}';
    access_log {self.log} seen;
    client_body_temp_path {self.dir}/body; proxy_temp_path {self.dir}/proxy; fastcgi_temp_path {self.dir}/f;
    uwsgi_temp_path {self.dir}/u; scgi_temp_path {self.dir}/s;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name localhost;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        ssl_protocols {protocols}; ssl_ciphers DEFAULT@SECLEVEL=0;
        location / {{ {location} }}
    }}
}}
""")
            return [NGINX, "-c", str(self.dir / "nginx.conf"), "-p", str(self.dir), "-e", "stderr"]

        return self.launch(command)

    @property
    def url(self):
        return f"https://localhost:{self.port}"

    def seen(self):
        """Lines of requests; a handshake that failed leaves none."""
        return self.log.read_text().splitlines() if self.log.exists() else []


class TinyProxy(Served):
    """A CONNECT proxy; `user` and `password` where it wants to know who comes."""

    def serve(self, user=None, password=None):
        def command(port):
            login = f"BasicAuth {user} {password}\n" if user else ""
            (self.dir / "tinyproxy.conf").write_text(
                f'Port {port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 50\nLogLevel Connect\n'
                f'LogFile "{self.dir}/log"\nPidFile "{self.dir}/pid"\n{login}')
            return [TINYPROXY, "-d", "-c", str(self.dir / "tinyproxy.conf")]

        return self.launch(command)

    def connects(self):
        """How often it was asked to connect."""
        log = self.dir / "log"
        return log.read_text(errors="replace").count("): CONNECT ") if log.exists() else 0


class Inspector:
    """What a TLS-inspecting proxy does with CONNECT: wherever one wants to go, one comes out at `target`."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                while True:
                    ready, _, _ = select.select([client, server], [], [])
                    for source in ready:
                        data = source.recv(65536)
                        if not data:
                            return
                        (server if source is client else client).sendall(data)
        except OSError:
            pass

    def close(self):
        self.listener.close()


class Wire:
    """A lab with nginx in front of its sandbox, and a way to put more in between."""

    def __init__(self, lab):
        self.lab = lab
        lab.real_base_url = lab.cloud.out.split("base-url ", 1)[1].split()[0]
        self.certificates = Certificates(lab.root / "ca")
        self.stranger = Certificates(lab.root / "stranger", "Another CA")
        self.good = self.certificates.issue()
        self.nginx = Nginx(lab)

    def __enter__(self):
        return self

    def through_nginx(self):
        """From now on the code, the answers and the configuration name nginx; its CA is the one that is trusted."""
        self.nginx.serve(self.good)
        self.lab.control(f"set base-url {self.nginx.url}")
        self.configure(self.lab.real_base_url, self.nginx.url)
        self.trust(self.certificates)
        self.lab.code = self.lab.new_code()
        return self

    def trust(self, authority):
        lines = [f'ca_file = "{authority.ca}"' if line.startswith("ca_file") else line
                 for line in self.lab.config.read_text().splitlines()]
        self.lab.config.write_text("\n".join(lines) + "\n")

    def configure(self, before, after):
        text = self.lab.config.read_text()
        if before not in text:
            raise AssertionError(f"the configuration holds no {before}")
        self.lab.config.write_text(text.replace(before, after))

    def bad(self):
        """Name, how nginx is to serve, and what hotdeskd must say of it."""
        day = datetime.timedelta(days=1)
        issue = self.certificates.issue
        return [
            ("self-signed", {"identity": issue(self_signed=True)}, "is self-signed"),
            ("wrong host", {"identity": issue("other.example")}, "for another name than localhost"),
            ("expired", {"identity": issue(start=-2 * day, end=-day)}, "has expired; check this machine's clock"),
            ("not yet valid", {"identity": issue(start=day, end=2 * day)}, "is not yet valid; check this machine's clock"),
            ("unknown CA", {"identity": self.stranger.issue()}, "[http] ca_file"),
            ("TLS 1.1", {"identity": self.good, "protocols": "TLSv1.1"}, "does not offer TLS 1.2 or later"),
        ]


def environment(**values):
    """os.environ without what says something about proxies, and with `values`."""
    names = {"https_proxy", "http_proxy", "all_proxy", "no_proxy"}
    clean = {name: value for name, value in os.environ.items() if name.lower() not in names}
    return dict(clean, **values)
