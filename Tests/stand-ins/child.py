#!/usr/bin/env python3
"""A stand-in for any child of the boss: speaks the control protocol, and misbehaves as told.

It is copied under the name of the program it stands for. What it does wrong is read from the file `faults.json` beside it, by process name:
{"agent-a": {"exit": 70}, "auditor": {"deaf": true}, "market-feed": {"silent_after_s": 1}}. What it heard is appended to `<process>.heard`.
"""
import json, os, selectors, signal, socket, sys, time

birth = json.loads(os.read(3, 1 << 20).split(b"\n")[0])
name, run = birth["process"], birth["run_directory"]
here = os.path.dirname(os.path.abspath(__file__))


def fault():
    try:
        with open(os.path.join(here, "faults.json")) as file:
            return json.load(file).get(name, {})
    except FileNotFoundError:
        return {}


def heard(what):
    with open(os.path.join(here, name + ".heard"), "a") as file:
        file.write(json.dumps(what) + "\n")


begun = fault()
heard({"born": birth["epoch"], "pid": os.getpid(), "secrets": sorted(birth["secrets"]), "agent": birth["configuration"].get("agent")})
if "exit" in begun:
    os._exit(begun["exit"])
if "signal" in begun:
    os.kill(os.getpid(), begun["signal"])

done = False


def asked_to_end(number, frame):
    global done
    heard({"signal": number})
    if not fault().get("deaf"):
        done = True


signal.signal(signal.SIGTERM, asked_to_end)
path = f"{run}/{name}.sock"
if os.path.exists(path):
    os.unlink(path)
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(16)
listener.setblocking(False)
watched = selectors.DefaultSelector()
watched.register(listener, selectors.EVENT_READ)
if birth["lifeline"]:
    os.set_blocking(3, False)
    watched.register(3, selectors.EVENT_READ)
clients, progress, waiting, born, last = {}, 0, 0, time.monotonic(), 0.0
with open("/proc/self/stat") as file:
    ticks = int(file.read().rsplit(")", 1)[1].split()[19])


def send(client, what):
    try:
        client.sendall(json.dumps(what).encode() + b"\n")
    except OSError:
        drop(client)


def drop(client):
    if client in clients:
        watched.unregister(client)
        del clients[client]
        client.close()


def report():
    return {"progress": progress, "waiting": waiting, "ready": True, "lag_ms": 0, "mode": "ACTIVE", "note": "stand-in"}


while not done:
    for key, _ in watched.select(0.05):
        if key.fileobj is listener:
            client, _ = listener.accept()
            client.setblocking(True)
            clients[client] = b""
            watched.register(client, selectors.EVENT_READ)
            send(client, {"hello": 1, "process": name, "pid": os.getpid(), "start_ticks": ticks, "boot": birth["boot"],
                          "epoch": birth["epoch"], "build": "stand-in"})
            send(client, report())
        elif key.fileobj == 3:
            if os.read(3, 1) == b"" and not fault().get("ignores_lifeline"):
                heard({"lifeline": "closed"})
                done = True
        else:
            client = key.fileobj
            try:
                data = client.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                drop(client)
                continue
            clients[client] += data
            while client in clients and b"\n" in clients[client]:
                line, clients[client] = clients[client].split(b"\n", 1)
                command = json.loads(line)
                if command["cmd"] == "grant":
                    command["secret"] = len(command["secret"])
                heard(command)
                if "id" in command:
                    send(client, {"reply": command["id"], "ok": True})
                if command["cmd"] in ("stop", "drain") and not fault().get("deaf"):
                    done = True
    silent = fault().get("silent_after_s")
    if silent is not None and time.monotonic() - born > silent:
        time.sleep(3600)
    if time.monotonic() - last > 0.3:
        last = time.monotonic()
        # "stuck": work waits and none is done, while reports go on. "idle": nothing waits, so none is done.
        stuck, idle = fault().get("stuck"), fault().get("idle")
        waiting = 3 if stuck else 0
        if not stuck and not idle:
            progress += 1
        for client in list(clients):
            send(client, report())
os.unlink(path)
