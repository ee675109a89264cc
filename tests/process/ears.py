"""Who hears whom, measured from the audio itself.

Every party speaks a steady tone of its own. No tone is a harmonic of another, of ringback or of a DTMF
digit, so a tone that is heard names its speaker.
"""

import itertools
import math
import struct
import wave

RATE = 8000
WIDE_RATE = 16000
WINDOW = RATE // 10
ANNA, BEN, CARLA, CUSTOMER = 593, 1047, 2003, 1583
VOICES = (ANNA, BEN, CARLA, CUSTOMER)
AUDIBLE_DBFS = -40.0
# A tone that is said is louder, even where a tape stretches it by a sample in each packet; an overtone of music is not.
SPOKEN_DBFS = -26.0
MUSIC = "music"


def tone(hz, seconds, rate=RATE, amplitude=8000):
    """Samples of a steady tone."""
    step = 2 * math.pi * hz / rate
    return [round(amplitude * math.sin(step * n)) for n in range(int(rate * seconds))]


def write_tone(path, hz, rate=RATE, seconds=10):
    """A mono WAV with a whole number of periods in it, so that it can be played round and round."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = tone(hz, seconds, rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def read_wav(path):
    """The channels of a 16-bit WAV as lists of samples; of a wide one every other sample, as no voice is that high."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2 and file.getframerate() in (RATE, WIDE_RATE), f"{path}: {file.getparams()}"
        samples, channels = samples_of(file.readframes(file.getnframes())), file.getnchannels()
        step = channels * file.getframerate() // RATE
        return [list(samples[channel::step]) for channel in range(channels)]


def samples_of(data):
    """The samples in these bytes of a 16-bit WAV; half a one at the end is left out."""
    return struct.unpack(f"<{len(data) // 2}h", data[: len(data) // 2 * 2])


def seconds_of(samples):
    """For how many seconds each voice is heard, in windows of 100 ms; silent voices are left out."""
    heard = {}
    for start in range(0, len(samples) - WINDOW + 1, WINDOW):
        window = samples[start : start + WINDOW]
        for hz in VOICES:
            if level(window, hz) > AUDIBLE_DBFS:
                heard[hz] = heard.get(hz, 0) + WINDOW / RATE
    return {hz: round(seconds, 1) for hz, seconds in heard.items()}


def only(samples, hz, at_least=1.0):
    """Whether this voice is heard for so long, and no other at all."""
    heard = seconds_of(samples)
    return heard.get(hz, 0) >= at_least and set(heard) == {hz}


def spans(samples, shortest=3):
    """Who is heard from when to when, in windows of 100 ms: `(who, from, to)`. Silence is left out, and what lasts
    for fewer windows than this."""
    found, at = [], 0
    for one, same in itertools.groupby(windows(samples)):
        length = len(list(same))
        if one is not None and length >= shortest:
            found.append((one, at, at + length))
        at += length
    return found


def windows(samples):
    """Who is heard in each 100 ms."""
    return [who(samples[start : start + WINDOW]) for start in range(0, len(samples) - WINDOW + 1, WINDOW)]


def course(samples, shortest=3):
    """Who is heard one after the other."""
    return [one for one, _ in itertools.groupby(one for one, _, _ in spans(samples, shortest))]


def who(window):
    """The voice of a window, or all of its voices; music for what else is loud, such as a ringing tone; or nobody."""
    mean = math.sqrt(sum(sample * sample for sample in window) / len(window))
    loudness = 20 * math.log10(max(mean, 1e-3) / 32768)
    if loudness < AUDIBLE_DBFS - 3:
        return None
    levels = {hz: level(window, hz) for hz in VOICES}
    if max(levels.values()) < SPOKEN_DBFS:
        return MUSIC
    voices = tuple(hz for hz in VOICES if levels[hz] > AUDIBLE_DBFS)
    return voices[0] if len(voices) == 1 else voices


def level(window, hz, rate=RATE):
    """The level of one frequency in a window of 100 ms, in dB below full scale (Goertzel, Hann window)."""
    size = len(window)
    twice_cos = 2 * math.cos(2 * math.pi * hz / rate)
    last = before = 0.0
    for sample, weight in zip(window, HANN[rate]):
        last, before = sample * weight + twice_cos * last - before, last
    power = last * last + before * before - twice_cos * last * before
    amplitude = 4 * math.sqrt(max(power, 0.0)) / size
    return 20 * math.log10(max(amplitude, 1e-3) / 32768)


def hann(size):
    return [0.5 - 0.5 * math.cos(2 * math.pi * n / (size - 1)) for n in range(size)]


HANN = {rate: hann(rate // 10) for rate in (RATE, WIDE_RATE)}


def mulaw_decoded(byte):
    """One G.711 μ-law byte as a sample."""
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84 << ((byte & 0x70) >> 4)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


DECODED = [mulaw_decoded(byte) for byte in range(256)]


def mulaw_encoded(sample):
    """One sample as a G.711 μ-law byte."""
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    sign = 0x80 if sample < 0 else 0
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF
