"""Call-Thing's headless engine: seven rooms, one process each, and the supervisor that owns them."""

import os

# ONNX Runtime reports usage to its makers where a build has that switched on. A phone agent has no business
# doing so, and the switch is read when onnxruntime is imported: every import of the engine comes through here.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
