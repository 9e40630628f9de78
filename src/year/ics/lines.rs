//! The lines of a calendar file and the components that hold them. Folded lines are joined, and each keeps the number that it has in the
//! file; its name, parameters and value are told apart by the icalendar crate, a line at a time, so that a broken one breaks no other.

use icalendar::parser::Property;

use crate::base::text;

/// The longest line of which the value is read; descriptions may be longer, and nobody asks for them.
const LONGEST: usize = 20_000;

/// A field of a component.
#[derive(Debug, Clone)]
pub struct Field {
    /// The line on which it begins.
    pub line: u64,
    /// Its name in capitals.
    pub name: String,
    /// Its time zone, where it names one.
    pub zone: Option<String>,
    /// What it says.
    pub value: String,
}

/// A component that stands for itself: an event, a task. What is nested in it, such as an alarm, is not its own.
#[derive(Debug)]
pub struct Component {
    /// The line on which it begins.
    pub line: u64,
    /// `VEVENT`, `VTODO`.
    pub kind: String,
    /// Whether its end is there.
    pub whole: bool,
    /// Its own fields.
    pub fields: Vec<Field>,
}

impl Component {
    /// The first field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The value of the first field of this name, or nothing.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.field(name).map_or("", |field| field.value.trim())
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Content {
    /// Whether it withdraws what it holds (`METHOD:CANCEL`).
    pub withdrawn: bool,
    /// Its events, and tasks and notes with them.
    pub components: Vec<Component>,
}

/// The kinds of components that somebody may take for an event.
const KINDS: [&str; 3] = ["VEVENT", "VTODO", "VJOURNAL"];

/// Reads a file's components.
#[must_use]
pub fn content(text: &str) -> Content {
    let mut content = Content::default();
    // The names of the components that are open, from the outermost; the one that is being read, and how deep it lies.
    let mut open: Vec<String> = Vec::new();
    let mut reading: Option<(usize, Component)> = None;
    for (line, text) in unfolded(text) {
        let Some(field) = field(line, &text) else {
            torn(&text, reading.as_mut().filter(|(depth, _)| *depth == open.len()).map(|(_, component)| component));
            continue;
        };
        let kind = field.value.trim().to_uppercase();
        match field.name.as_str() {
            "BEGIN" => {
                if KINDS.contains(&kind.as_str()) {
                    // One that begins inside another: the end of that is missing.
                    content.components.extend(reading.take().map(|(_, component)| component));
                    open.retain(|name| !KINDS.contains(&name.as_str()));
                    reading = Some((open.len() + 1, Component { line, kind: kind.clone(), whole: false, fields: Vec::new() }));
                }
                open.push(kind);
            }
            "END" => {
                if let Some((_, mut component)) = reading.take_if(|(_, component)| component.kind == kind) {
                    component.whole = true;
                    content.components.push(component);
                }
                if let Some(at) = open.iter().rposition(|name| *name == kind) {
                    open.truncate(at);
                }
            }
            "METHOD" if reading.is_none() => content.withdrawn |= kind == "CANCEL",
            _ => {
                if let Some((_, component)) = reading.as_mut().filter(|(depth, _)| *depth == open.len()) {
                    component.fields.push(field);
                }
            }
        }
    }
    content.components.extend(reading.map(|(_, component)| component));
    content
}

/// A line that is no field is what a broken program or a copy made of a folded name: its second half.
fn torn(text: &str, component: Option<&mut Component>) {
    if let Some(field) = component.and_then(|component| component.fields.last_mut()).filter(|field| field.name == "SUMMARY") {
        let said = format!("SUMMARY:{}", text.trim());
        if let Ok(rest) = Property::try_from(said.as_str()) {
            field.value = format!("{} {}", field.value, rest.val.as_str());
        }
    }
}

/// A line as a field; `None` when it is none.
fn field(line: u64, text: &str) -> Option<Field> {
    let text = text.trim_end();
    let name = text.split([':', ';']).next().unwrap_or_default().trim();
    let named = text.len() > name.len() && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !named || text.len() > LONGEST {
        return None;
    }
    let upper = name.to_uppercase();
    if matches!(upper.as_str(), "BEGIN" | "END") {
        let value = text.split_once(':')?.1.to_owned();
        return Some(Field { line, name: upper, zone: None, value });
    }
    // The crate knows texts by their names in capitals.
    let text = format!("{upper}{}", text.trim_start().get(name.len()..)?);
    let read = Property::try_from(text.as_str()).ok()?;
    let zone = read.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case("TZID"));
    let zone = zone.and_then(|parameter| parameter.val.as_ref()).map(|zone| zone.as_str().to_owned());
    Some(Field { line, name: upper, zone, value: read.val.as_str().to_owned() })
}

/// The lines with what was folded joined again, and the number of each one's first.
fn unfolded(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1u64..).zip(text.split('\n')) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, last))) => last.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

/// The name of an event: on one line, of letters that can be seen.
#[must_use]
pub fn name(said: &str) -> String {
    text::plain_line(said).chars().take(200).collect()
}
