//! Conformance suite for WebSocket APIs: cases as data, verdicts graded by evidence, reports.
