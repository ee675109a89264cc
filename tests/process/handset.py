"""A desk phone on pjproject's own stack, told what to do by JSON lines and telling what happens in the same way.

One process each, because the library knows only one endpoint per process. Each order on stdin is a method of Phone:
`{"do": "hang up"}`. Orders concern the newest call, unless they name a `line`, counted from the oldest.
News on stdout: {"is": "registered", "code": 200} {"is": "incoming", "from": …} {"is": "call", "state": …, "code": …}
    {"is": "handing on", "code": …} {"is": "now with", "whom": …} {"is": "answered", "method": …, "code": …}
    {"is": "answering", "text": …}
"""

import json
import os
import queue
import re
import sys
import threading

import pjsua2 as pj

SETTINGS = json.loads(sys.argv[1])


def say(what, **news):
    print(json.dumps({"is": what, **news}), flush=True)


class Call(pj.Call):
    """One call: plays our tone to the far end and keeps what the far end says."""

    is_conference = False

    def onCallState(self, _):
        info = self.getInfo()
        say("call", state=info.stateText, code=info.lastStatusCode, remote=info.remoteUri)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            phone.calls = [call for call in phone.calls if call is not self]

    def onCallMediaState(self, _):
        # The list lives only as long as the information that it belongs to.
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                audio = self.getAudioMedia(index)
                phone.player.startTransmit(audio)
                audio.startTransmit(phone.recorder)

    def onCallTransferStatus(self, news):
        """As a desk phone does it hangs up when those whom it has handed on talk."""
        say("handing on", code=news.statusCode)
        if news.finalNotify and news.statusCode // 100 == 2 and not self.is_conference:
            self.hangup(pj.CallOpParam())

    def onCallTsxState(self, news):
        """The library keeps the name with which a call began; a display would show what we are told in it."""
        event = news.e.body.tsxState
        if event.type == pj.PJSIP_EVENT_TX_MSG:
            text = event.src.tdata.wholeMsg
            if re.search(r"^SIP/2.0 (180|200) (?s:.*)^CSeq: \d+ INVITE", text, re.M):
                say("answering", text=text)
        if event.type != pj.PJSIP_EVENT_RX_MSG:
            return
        text = event.src.rdata.wholeMsg
        if text.startswith(("INVITE ", "UPDATE ")):
            if told := re.search(r"^P-Asserted-Identity: (.*?)\r$", text, re.M):
                say("now with", whom=told[1])
        elif answered := re.search(r"^CSeq: \d+ (INFO|REFER)\r$", text, re.M):
            say("answered", method=answered[1], code=int(text.split()[1]))


class Account(pj.Account):
    """The line of the phone."""

    def onRegState(self, news):
        say("registered", code=news.code, expires=news.expiration)

    def onIncomingCall(self, news):
        phone.calls.append(Call(self, news.callId))
        info = phone.call.getInfo()
        say("incoming", text=news.rdata.wholeMsg, **{"from": info.remoteUri})
        if SETTINGS.get("ring", True):
            phone.reply(180)


class Phone:
    """The whole apparatus."""

    def __init__(self):
        self.calls = []
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        self.endpoint.libInit(endpoint_config())
        self._open_transport()
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        for known in self.endpoint.codecEnum2():
            places = [200 - at for at, codec in enumerate(SETTINGS["codecs"]) if codec in known.codecId]
            self.endpoint.codecSetPriority(known.codecId, max(places, default=0))
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(SETTINGS["says"], 0)
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(SETTINGS["hears"])
        self.account = Account()

    def _open_transport(self):
        config = pj.TransportConfig()
        config.boundAddress = config.publicAddress = SETTINGS["address"]
        if SETTINGS["transport"] == "tls":
            config.tlsConfig.CaListFile = SETTINGS["authority"]
            config.tlsConfig.verifyServer = True
            self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, config)
        else:
            self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, config)
            self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, config)

    @property
    def call(self):
        return self.calls[-1] if self.calls else None

    def reply(self, code):
        parameters = pj.CallOpParam()
        parameters.statusCode = code
        self.call.answer(parameters)

    def do_call(self, to, headers):
        self.calls.append(Call(self.account))
        self.call.makeCall(to, with_headers(pj.CallOpParam(True), headers))

    def do_ring(self):
        self.reply(180)

    def do_answer(self):
        self.reply(200)

    def do_decline(self):
        self.reply(486)

    def do_hang_up(self):
        self.call.hangup(pj.CallOpParam())

    def do_put_all_down(self):
        self.endpoint.hangupAllCalls()

    def do_hold(self):
        self.call.setHold(pj.CallOpParam(True))

    def do_resume(self):
        parameters = pj.CallOpParam(True)
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.call.reinvite(parameters)

    def do_press(self, keys, by):
        parameters = pj.CallSendDtmfParam()
        methods = {"rfc4733": pj.PJSUA_DTMF_METHOD_RFC2833, "info": pj.PJSUA_DTMF_METHOD_SIP_INFO}
        parameters.digits, parameters.method, parameters.duration = keys, methods[by], 100
        self.call.sendDtmf(parameters)

    def do_send(self, method, headers):
        """A request in the call that no key of the library's sends."""
        parameters = with_headers(pj.CallSendRequestParam(), headers)
        parameters.method = method
        self.call.sendRequest(parameters)

    def do_hand_on(self, to):
        self.call.xfer(to, pj.CallOpParam())

    def do_connect(self):
        older, newer = self.calls
        older.xferReplaces(newer, pj.CallOpParam())

    def do_bring_in(self, line):
        self.call.is_conference = True
        self.call.xferReplaces(self.calls[line], pj.CallOpParam())

    def do_send_to_conference(self, line):
        self.calls[line].xfer(self.call.getInfo().remoteContact, pj.CallOpParam())

    def do_unregister(self):
        self.account.setRegistration(False)

    def put_down(self):
        """Ends what there is to end, and completes the recording."""
        self.endpoint.hangupAllCalls()
        for _ in range(20):
            self.endpoint.libHandleEvents(10)
        self.calls = []
        self.recorder = self.player = None
        self.endpoint.libDestroy()

    def obey(self, order):
        do = getattr(self, "do_" + order.pop("do").replace(" ", "_"))
        try:
            do(**order)
        except (pj.Error, AttributeError) as error:
            say("puzzled", by=do.__name__, why=error.info() if isinstance(error, pj.Error) else str(error))


def with_headers(parameters, headers):
    """A request with header fields of its own."""
    for name, value in headers.items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        parameters.txOption.headers.append(header)
    return parameters


def endpoint_config():
    config = pj.EpConfig()
    config.logConfig.level = 5
    config.logConfig.consoleLevel = 0
    config.logConfig.filename = SETTINGS["log"]
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.userAgent = "handset"
    config.medConfig.clockRate = config.medConfig.sndClockRate = SETTINGS["rate"]
    config.medConfig.noVad = True
    config.medConfig.ecTailLen = 0
    return config


def account_config():
    config = pj.AccountConfig()
    extension, server = SETTINGS["extension"], SETTINGS["server"]
    config.idUri = f"sip:{extension}@{server}"
    config.regConfig.registrarUri = f"sip:{server}"
    config.regConfig.timeoutSec = 300
    # After a connection has ended it registers again, without the usual pause of many seconds.
    config.regConfig.firstRetryIntervalSec = 1
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", extension, 0, SETTINGS["password"]))
    config.sipConfig.proxies.append(f"sip:{SETTINGS['through']};transport={SETTINGS['transport']};lr")
    config.mediaConfig.transportConfig.boundAddress = SETTINGS["address"]
    config.mediaConfig.transportConfig.port = SETTINGS["rtp_port"]
    return config


def read_orders(orders):
    for line in sys.stdin:
        orders.put(json.loads(line))
    orders.put({"do": "quit"})


def live():
    orders = queue.SimpleQueue()
    threading.Thread(target=read_orders, args=(orders,), daemon=True).start()
    phone.account.create(account_config())
    while True:
        phone.endpoint.libHandleEvents(10)
        if not orders.empty():
            order = orders.get()
            if order["do"] == "quit":
                return phone.put_down()
            phone.obey(order)


phone = Phone()
live()
# The library's destructors race each other at exit; everything that matters has been said by now.
os._exit(0)
