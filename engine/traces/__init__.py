"""Each call as a trace of OpenTelemetry: which room took how long, without a word of what was said."""
