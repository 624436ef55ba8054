"""How the simulator's small recogniser ("sim-ear") is made: from text to a model that faster-whisper loads.

    make ear            all steps, one after the other; a step that is done is not done again
    python -m tools.ear --help

text      grammar.py  project_text.py  mixture.py      words/*.toml
speech    speaker.py  voices.py  telephone.py  nobody.py  clip.py  shards.py
training  tokens.py  model.py  batches.py  augment.py  losses.py  listening.py  train.py
model     export.py  lexicon.py (how it writes: engine/recognizers/lexicon.py)

torch is needed by training alone, and is no dependency of the project: docs/ear.md.
"""
