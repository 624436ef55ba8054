"""Sound on its way into the operator's ear and out of the microphone, without a sound card."""

import numpy as np

from console.audio.base import BLOCK_BYTES, SILENCE
from console.audio.jitter import MOST_BLOCKS, TARGET_BLOCKS, CallMix, JitterBuffer
from console.audio.ring import RING_BLOCKS, Ring
from console.link.sound import hear
from engine.protocol import AgentFrame, FarFrame, Flag, Header


def block(value: int, samples: int = 320) -> np.ndarray:
    return np.full(samples, value, np.int16)


def played(buffer: JitterBuffer, blocks: int) -> list[int]:
    taken = [buffer.take() for _ in range(blocks)]
    return [0 if each is None else int(each[0]) for each in taken]


def test_nothing_is_played_before_some_sound_has_gathered():
    buffer = JitterBuffer()
    for number in range(1, TARGET_BLOCKS):
        buffer.put(block(number))
        assert played(buffer, 1) == [0]
    buffer.put(block(TARGET_BLOCKS))
    assert played(buffer, TARGET_BLOCKS + 1) == [*range(1, TARGET_BLOCKS + 1), 0]


def test_a_burst_after_a_stall_is_caught_up_with_rather_than_played_late():
    buffer = JitterBuffer()
    for number in range(1, 41):
        buffer.put(block(number))
    assert buffer.waiting <= MOST_BLOCKS and played(buffer, 1)[0] > 40 - MOST_BLOCKS
    assert buffer.dropped == 40 - 1 - buffer.waiting


def test_late_frames_are_padded_and_the_delay_does_not_grow():
    buffer = JitterBuffer()
    rng = np.random.default_rng(1)
    due, number, most = 0.0, 0, 0
    for step in range(
        3000
    ):  # a minute; frames come up to 70 ms late, and now and then two seconds' worth stalls
        due = step if step % 1000 > 100 else due
        while number < due - rng.integers(0, 4):
            number += 1
            buffer.put(block(number % 30_000))
        most = max(most, buffer.waiting)
        buffer.take()
    assert most <= MOST_BLOCKS and buffer.dropped > 0 and buffer.padded > 0


def test_a_clock_that_runs_slow_is_kept_up_with():
    buffer = JitterBuffer()
    for step in range(20_000):
        buffer.put(block(1))
        if step % 50:  # the card plays 2 % slower than the frames come
            buffer.take()
        assert buffer.waiting <= MOST_BLOCKS


def test_a_word_shorter_than_the_buffer_is_played_all_the_same():
    buffer = JitterBuffer()
    buffer.put(block(7))
    assert 7 in played(buffer, 20)


def test_both_ends_are_heard_together_and_loud_ones_do_not_wrap():
    mix = CallMix()
    for _ in range(6):
        mix.far(block(20_000).tobytes())
        mix.near(block(20_000, 960).tobytes())
    heard = np.frombuffer(b"".join(mix.pull() for _ in range(4)), np.int16)
    assert heard[-1] == 32767 and heard.min() >= 0


def test_silence_is_a_whole_block():
    assert CallMix().pull() == SILENCE and len(SILENCE) == BLOCK_BYTES == 640


def test_our_end_is_brought_to_the_rate_of_the_ear():
    mix = CallMix()
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)).astype(np.int16)
    heard = []
    for frame in tone.reshape(-1, 960):
        mix.near(frame.tobytes())
        heard.append(np.frombuffer(mix.pull(), np.int16))
    spectrum = np.abs(np.fft.rfft(np.concatenate(heard)[8000:16_000]))
    assert spectrum.argmax() == 440 // 2  # half a second: bins of 2 Hz


async def test_an_operators_own_voice_is_left_out_and_another_ones_is_heard():
    async def sound():
        for flags in (Flag.OPERATOR, Flag.NONE):
            for _ in range(5):
                yield Header(0, 1, flags, 0, 0), AgentFrame(block(900, 960).tobytes())
        for _ in range(5):
            yield Header(0, 1, Flag.NONE, 0, 0), FarFrame(block(30).tobytes())

    for mine, near_blocks in ((True, 5), (False, MOST_BLOCKS)):
        mix = CallMix()
        await hear(sound(), mix, lambda mine=mine: mine)
        near, far = mix.waiting
        assert far == 5 and 0 < near <= near_blocks and (near == 5) == mine


def test_a_full_ring_loses_its_oldest_and_says_so():
    ring = Ring()
    for number in range(RING_BLOCKS + 3):
        ring.put(bytes([number]))
    assert ring.lost() == 3 and ring.lost() == 0
    assert ring.take() == [bytes([number]) for number in range(3, RING_BLOCKS + 3)] and ring.take() == []
    ring.missed()
    assert ring.lost() == 1
