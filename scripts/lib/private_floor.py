"""A running private floor as scripts see it: where it is, its processes' reports, its database and its supervisord."""
import json
import os
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DESK = {"gateway": "order-gateway", "feed": "market-feed", "auditor": "auditor", "monitor": "perf-monitor", "web": "floor-web"}


class PrivateFloor:
    def __init__(self, instance):
        link = os.path.join(ROOT, "var" if instance == "floor" else "var-" + instance)
        try:
            with open(os.path.join(link, "etc", "instance.json"), encoding="utf-8") as file:
                facts = json.load(file)
        except OSError as error:
            sys.exit(f"error: there is no floor '{instance}' here ({error})\n  remedy: start it with scripts/run")
        self.state, self.run = facts["state"], facts["run"]
        self.environment = dict(os.environ, PGHOST=facts["postgres_host"], PGDATABASE=facts["database"], PGUSER="floor_operator")

    def report(self, process):
        """Hello and the newest report of one process, or None while it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(2)
                client.connect(os.path.join(self.run, process + ".sock"))
                data = b""
                while data.count(b"\n") < 2:
                    piece = client.recv(65536)
                    if not piece:
                        return None
                    data += piece
            hello, progress = (json.loads(line) for line in data.split(b"\n")[:2])
            return {**hello, **progress}
        except (OSError, ValueError):
            return None

    def processes(self):
        """Names of everything that has a control socket of the floor."""
        names = (name[:-5] for name in os.listdir(self.run) if name.endswith(".sock"))
        return sorted(name for name in names if name not in ("redis", "supervisor"))

    def agents(self):
        return [name for name in self.processes() if name.startswith("agent-")]

    def query(self, sql):
        """The answer as text, or None when the database does not answer."""
        answer = subprocess.run(["psql", "-XqtA", "-c", sql], capture_output=True, text=True, env=self.environment, check=False)
        return answer.stdout.strip() if answer.returncode == 0 else None

    def supervisorctl(self, *words):
        return subprocess.run(["supervisorctl", "-c", os.path.join(self.state, "etc", "supervisor.conf"), *words],
                              capture_output=True, text=True, check=False).stdout

    def pid_of_program(self, program):
        text = self.supervisorctl("pid", program).strip()
        return int(text) if text.isdigit() else 0

    def programs(self):
        return {line.split()[0]: line.split()[1] for line in self.supervisorctl("status").splitlines() if len(line.split()) > 1}

    def command(self, *words):
        """Runs the floor command; its exit status and what it printed."""
        answer = subprocess.run([os.path.join(self.state, "bin", "floor"), *words, "--state", self.state],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return answer.returncode, answer.stdout


def wait(what, seconds, condition, step=0.002):
    """What the condition gives once it gives something; ends the script when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(step)
    sys.exit(f"error: {what}: not within {seconds} s")
