//! What `OPTIONS` tells about a resource: an XML description (captures/server-4.1/rest-http). The real one has every detail of
//! the server's classes; this one has the methods.

use super::answer::{dressed, last_modified};
use crate::profile::Rules;
use devicehive_proto::Datetime;
use dummyload_host::HttpResponse;
use std::fmt::Write as _;

/// The order in which the server lists methods.
const ORDER: [&str; 6] = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT"];

/// The answer for a resource with these methods.
pub(super) fn describe(rules: &Rules, now: Datetime, base: &str, path: &str, methods: &[&str]) -> HttpResponse {
    let has = |method: &str| match method {
        "HEAD" => methods.contains(&"GET"),
        "OPTIONS" => true,
        method => methods.contains(&method),
    };
    let allowed: Vec<&str> = ORDER.into_iter().filter(|method| has(method)).collect();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <application xmlns=\"http://wadl.dev.java.net/2009/02\">\n    \
         <doc xmlns:jersey=\"http://jersey.java.net/\" jersey:generatedBy=\"Jersey\"/>\n    <resources base=\"{}/\">\n        \
         <resource path=\"{}\">\n",
        escaped(base),
        escaped(path.trim_start_matches('/')),
    );
    for method in &allowed {
        // Writing to a string does not fail.
        let _ = writeln!(text, "            <method name=\"{method}\"/>");
    }
    text.push_str("        </resource>\n    </resources>\n</application>\n");
    dressed(rules, 200)
        .with_header("Allow", &allowed.join(","))
        .with_header("Last-Modified", &last_modified(now))
        .with_header("Content-Type", "application/vnd.sun.wadl+xml")
        .with_body(text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
