"""The operator's microphone and headset: 16 kHz mono int16 in blocks of 20 ms.

Callbacks of the sound system run in a thread of its own and only copy: in through `ring.py`, out of `jitter.py`.
"""
