//! The report as one HTML page that needs nothing else: no network, no server, no other file.

use super::Report;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

impl Report {
    /// As one HTML page, secrets cut out. Its content security policy forbids all that is not in the page.
    pub fn to_html(&self) -> String {
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
            hash(STYLE),
            hash(SCRIPT)
        );
        // Whatever stands in the report, it cannot end the element that it stands in.
        let data = self.to_json().to_string().replace('<', "\\u003c");
        let word = self.word();
        format!(
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{word} · conformance</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<noscript>This page needs JavaScript to show its report, which stands in it as JSON. The reports as text and Markdown need none.</noscript>
<script type="application/json" id="report">{data}</script>
<script>{SCRIPT}</script>
</body>
</html>
"#
        )
    }
}

/// As a content security policy names the content of an element.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
