"""What operators may do: who is there, who holds a microphone, what is asked and refused, what is written down.

orders     what may be asked of a call, and when (pure)
lease      the microphone of one call (pure)
presence   who is there, and who listens (pure)
acts       what was asked, in words for the record (pure)
alerts     when a call needs somebody (pure)
record     the engine's own list of acts, a file
desk       takes the commands, asks the pure parts, tells rooms, lines, consoles and journals
"""
