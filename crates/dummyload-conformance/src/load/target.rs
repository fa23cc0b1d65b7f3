//! Reads `target.toml` and `sections.toml`.

use super::reader::{Source, Table};
use crate::case::{Endpoint, Hazard};
use crate::suite::{Aside, HazardSign, Named, Need, Probe, Protocol, Section, Variable};
use crate::template::Template;
use crate::text::is_name;
use regex::Regex;

pub(super) fn target(source: &Source<'_>, folder: &str) -> Protocol {
    let mut root = source.root();
    let name = root.required("protocol");
    if name.get_ref() != folder && !name.get_ref().is_empty() {
        root.error_at(name.span(), format!("the file lies in the folder `{folder}`, so this must be \"{folder}\""));
    }
    let title = root.required("title").into_inner();
    let pongs = root.flag("pongs").unwrap_or(true);
    let profiles = each(&mut root, "profile", profile, |(name, _)| name);
    if profiles.is_empty() {
        root.error("there is no [[profile]], which says below which path the server is reached");
    }
    let variables = each(&mut root, "variable", variable, |variable| &variable.name);
    let services = each(&mut root, "service", service, |service| &service.name);
    let needs = each(&mut root, "need", need, |need| &need.name.name);
    let ops = each(&mut root, "op", service, |op| &op.name);
    let hazards = root.tables("hazard").into_iter().filter_map(hazard).collect();
    let asides = root.tables("aside").into_iter().filter_map(aside).collect();
    root.finish();
    Protocol {
        name: folder.to_owned(),
        title,
        pongs,
        profiles,
        variables,
        services,
        needs,
        ops,
        hazards,
        asides,
        sections: Vec::new(),
        sections_path: format!("{folder}/sections.toml"),
    }
}

fn finished<T>(value: T, table: Table<'_, '_>) -> T {
    table.finish();
    value
}

fn named(table: &mut Table<'_, '_>) -> Named {
    Named { name: table.required("name").into_inner(), help: table.required("help").into_inner() }
}

/// Reads the tables under a name, each of which must have a name of its own.
fn each<'s, 'i, T>(
    root: &mut Table<'s, 'i>,
    name: &'static str,
    read: fn(Table<'s, 'i>) -> T,
    name_of: fn(&T) -> &str,
) -> Vec<T> {
    let mut list: Vec<T> = Vec::new();
    for table in root.tables(name) {
        let at = table.at.clone();
        let item = read(table);
        if list.iter().any(|other| name_of(other) == name_of(&item)) {
            root.error_at(at, format!("a {name} `{}` stands here already", name_of(&item)));
        }
        list.push(item);
    }
    list
}

fn profile(mut table: Table<'_, '_>) -> (String, Endpoint) {
    let name = table.required("name").into_inner();
    let path = table.required("path");
    let endpoint = Endpoint { path: table.path(&path), headers: table.free_texts("headers") };
    // For readers of the file.
    let _ = table.string("help");
    finished((name, endpoint), table)
}

fn variable(mut table: Table<'_, '_>) -> Variable {
    let Named { name, help } = named(&mut table);
    if !is_name(&name) && !name.is_empty() {
        table.error(format!("`{name}` cannot name a variable: a name has letters, digits and _"));
    }
    let secret = table.flag("secret").unwrap_or_default();
    let demo = table.string("demo").map_or_else(|| name.clone(), toml::Spanned::into_inner);
    let default = table.string("default").map(toml::Spanned::into_inner);
    let device = table.flag("device").unwrap_or_default();
    finished(Variable { name, help, secret, device, demo, default }, table)
}

fn service(mut table: Table<'_, '_>) -> Named {
    let service = named(&mut table);
    finished(service, table)
}

fn need(mut table: Table<'_, '_>) -> Need {
    let name = named(&mut table);
    let mock = table.flag("mock").unwrap_or(true);
    let line = table.line();
    let probe = table.string("probe").map(|id| Probe { id: id.into_inner(), line, case: None });
    finished(Need { name, mock, probe }, table)
}

fn hazard(mut table: Table<'_, '_>) -> Option<HazardSign> {
    if !table.has("class") {
        table.error("`class` is missing");
    }
    let class = table.choice::<Hazard>("class");
    let pattern = table.required("pattern");
    let parsed = Regex::new(pattern.get_ref())
        .map_err(|e| table.error_at(pattern.span(), format!("`pattern` is a bad regular expression: {e}")));
    let why = table.required("why").into_inner();
    table.finish();
    Some(HazardSign { class: class?, pattern: parsed.ok()?, why })
}

fn aside(mut table: Table<'_, '_>) -> Option<Aside> {
    let (like, about) = (table.required("like"), table.required("about"));
    let template = Template::parse(like.get_ref());
    if let Err(e) = &template {
        table.error_at(like.span(), format!("`like`: {e}"));
    }
    if !about.get_ref().starts_with('/') {
        table.error_at(about.span(), "`about` is a JSON pointer, as \"/device/id\"");
    }
    table.finish();
    Some(Aside { like: template.ok()?, about: about.into_inner() })
}

pub(super) fn sections(source: &Source<'_>) -> Vec<Section> {
    let mut root = source.root();
    let mut list: Vec<Section> = Vec::new();
    for mut table in root.tables("section") {
        let line = table.line();
        let key = table.required("key");
        if list.iter().any(|other| other.key == *key.get_ref()) {
            table.error_at(key.span(), format!("the key `{}` stands here twice", key.get_ref()));
        }
        let text = table.required("text").into_inner();
        let no_case = table.string("no_case").map(toml::Spanned::into_inner);
        list.push(finished(Section { key: key.into_inner(), text, no_case, line }, table));
    }
    root.finish();
    list
}
