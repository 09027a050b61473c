"""Records what client libraries send to a running gateway, as JSON on standard output. See README.md."""

import base64
import json
import socket
import sys
import threading
from importlib.metadata import version
from urllib.parse import urlsplit

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from kafka_bridge_client import KafkaBridgeProducer

gateway, key = urlsplit(sys.argv[1]), sys.argv[2]
BASIC = base64.b64encode(f"client:{key}".encode()).decode()


class Recorder:
    """Forwards connections to the gateway and keeps what clients sent, one entry for each connection."""

    def __init__(self):
        self.sent = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection((gateway.hostname, gateway.port))
            self.sent.append(b"")
            threading.Thread(target=self.forward, args=(client, server, len(self.sent) - 1), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, client, None), daemon=True).start()

    def forward(self, source, target, index):
        while data := source.recv(65536):
            if index is not None:
                self.sent[index] += data
            target.sendall(data)
        target.close()


recorder = Recorder()
host = f"127.0.0.1:{recorder.port}"


def event(more):
    return {
        "datetime": "2024-03-24T11:25:29.845Z",
        "method": "/move",
        "ingametime": "0:0",
        "ip": "192.168.0.50",
        "x": 277,
        "y": -351,
        "deathCount": 0,
        "id": "b405fd3c-785b-4e42-a825-52a75f3d82a4",
        "inputkey": "b",
        "account": "testAccount_56",
        "champion": "vex",
        "status": 0,
        **more,
    }


def session(library, call_each):
    first = len(recorder.sent)
    outcomes = []
    for call in call_each:
        try:
            outcomes.append(str(call()))
        except Exception as error:
            outcomes.append(type(error).__name__)
    texts = [sent.decode("ascii") for sent in recorder.sent[first:]]
    requests_ = [
        text.replace(key, "{key}").replace(BASIC, "{basic}").replace(host, "{host}") for text in texts
    ]
    return {
        "library": library,
        "version": version(library),
        "requests": [{"sent": sent, "outcome": outcome} for sent, outcome in zip(requests_, outcomes, strict=True)],
    }


def cloud_event(to_message, data, **more):
    attributes = {"type": "lol.raw", "source": "https://game.example/eu 1", "id": "move-17", **more}
    message = to_message(CloudEvent(attributes={"specversion": "1.0", **attributes}, data=data))
    headers = {**message.headers, "Authorization": f"Bearer {key}"}
    return requests.post(f"http://{host}/v1/cloudevents", data=message.body, headers=headers).status_code


cloud_events = [
    lambda: cloud_event(to_structured_event, event({"note": "structured é"}), datacontenttype="application/json"),
    lambda: cloud_event(to_binary_event, event({"note": "binary"}), datacontenttype="application/json"),
    lambda: cloud_event(to_structured_event, json.dumps(event({"note": "bytes"})).encode()),
    lambda: cloud_event(to_structured_event, event({"x": "far"}), datacontenttype="application/json"),
]

# The library has no argument for headers: credentials in a URL are sent as Basic authentication.
producer = KafkaBridgeProducer(f"http://client:{key}@{host}", timeout=10)
stranger = KafkaBridgeProducer(f"http://{host}", timeout=10)
bridge = [
    lambda: producer.send("lol.raw", {"key": "testAccount_56", "value": event({"note": "json"})}),
    lambda: producer.sends("lol.raw", [{"value": event({"note": str(index)})} for index in range(3)]),
    lambda: producer.send("lol.raw", {"key": None, "value": json.dumps(event({"note": "é"})).encode()}, binary=True),
    lambda: producer.send("lol.raw", {"key": "another", "value": event({})}),
    lambda: producer.send("lol.rawest", {"value": event({})}),
    lambda: stranger.send("lol.raw", {"value": event({})}),
]

print(
    json.dumps(
        [session("cloudevents", cloud_events), session("kafka-bridge-client", bridge)],
        indent=2,
    )
)
