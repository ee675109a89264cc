"""A small authoritative name server for the carriers' domain, whose answers and moods a story can change."""

import threading
import time

from dnslib import QTYPE, RCODE, RR, SRV, A, DNSError
from dnslib.server import DNSLogger, DNSServer

SLOW_S = 0.8


class NameServer:
    """Answers what stands in its records, says NXDOMAIN to all else, and remembers what it was asked. It is quick, slow, or
    silent until it speaks."""

    def __init__(self, address, port, mood):
        self.records = {}
        self.refused = {}
        self.ignored = set()
        self.knows_edns = True
        self.pause = SLOW_S if mood == "slow" else 0
        self.speaks = threading.Event()
        if mood != "silent":
            self.speaks.set()
        self.asked = []
        self.lock = threading.Lock()
        logger = DNSLogger(log="-request,-reply,-truncated,-error", logf=lambda _: None)
        self.server = DNSServer(self, address=address, port=port, logger=logger)
        self.server.start_thread()

    def has_host(self, name, *addresses, ttl=60):
        self._set(name, "A", [RR(name, QTYPE.A, ttl=ttl, rdata=A(address)) for address in addresses])

    def has_servers(self, service, *servers, ttl=60):
        """SRV records: each server as priority, weight, port and name (RFC 2782)."""
        records = [RR(service, QTYPE.SRV, ttl=ttl, rdata=SRV(*server)) for server in servers]
        self._set(service, "SRV", records)

    def forgets(self, name):
        with self.lock:
            for key in [key for key in self.records if key[0] == full(name)]:
                del self.records[key]

    def refuses(self, name, kind, rcode="SERVFAIL"):
        """It has trouble of its own with this question."""
        with self.lock:
            self.refused[(full(name), kind)] = getattr(RCODE, rcode)

    def ignores(self, name, kind):
        """It never answers this question."""
        with self.lock:
            self.ignored.add((full(name), kind))

    def refuses_edns(self):
        """It is so old that it does not understand questions with EDNS (RFC 6891 §7)."""
        self.knows_edns = False

    def was_asked(self, name, kind):
        """How often."""
        with self.lock:
            return self.asked.count((full(name), kind))

    def resolve(self, request, _):
        """For the library: one question, one answer."""
        name, kind = str(request.q.qname).lower(), QTYPE[request.q.qtype]
        self.speaks.wait()
        time.sleep(self.pause)
        answer = request.reply()
        with self.lock:
            self.asked.append((name, kind))
            if (name, kind) in self.ignored:
                raise DNSError("this question is not answered")
            if request.ar and not self.knows_edns:
                answer.header.rcode = RCODE.FORMERR
                return answer
            if (name, kind) in self.refused:
                answer.header.rcode = self.refused[(name, kind)]
                return answer
            found = self.records.get((name, kind), [])
            is_known = any(known == name for known, _ in self.records)
        answer.add_answer(*found)
        if not is_known:
            answer.header.rcode = RCODE.NXDOMAIN
        return answer

    def _set(self, name, kind, records):
        with self.lock:
            self.records[(full(name), kind)] = records

    def close(self):
        self.speaks.set()
        self.server.stop()
        self.server.server.server_close()


def full(name):
    return name.lower().rstrip(".") + "."
