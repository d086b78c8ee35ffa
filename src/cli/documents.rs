//! The documents of a file that objects are described in: YAML or JSON, many in one file, each with its place.

use serde_json::{Deserializer, Value};

/// One object as a file describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file, as it was named.
    pub file: String,
    /// Which of the file's documents, from 1.
    pub number: usize,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The object.
    pub object: Value,
    /// How it is written.
    text: String,
}

/// A file that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: document {number}: {message}")]
pub struct DocumentError {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Which document.
    pub number: usize,
    /// What is wrong.
    pub message: String,
}

/// All documents of a file; the items of a list are documents of their own. Empty ones are left out.
///
/// # Errors
/// When one is no YAML or JSON, or no object.
pub fn read(file: &str, text: &str) -> Result<Vec<Document>, DocumentError> {
    let parts = if text.trim_start().starts_with('{') { json(file, text)? } else { yaml(file, text)? };
    let mut documents = Vec::new();
    for part in parts {
        let is_list = part.object["kind"].as_str().is_none_or(|kind| kind.ends_with("List"));
        let items = part.object["items"].as_array().filter(|_| is_list);
        match (items, &part.object) {
            (Some(items), _) => {
                documents.extend(items.iter().map(|item| Document { object: item.clone(), ..part.clone() }))
            }
            (None, Value::Null) => {}
            (None, Value::Object(_)) => documents.push(part),
            (None, _) => return Err(wrong(&part, "this is no object")),
        }
    }
    for document in &documents {
        let (object, name) = (&document.object, &document.object["metadata"]["name"]);
        for (field, value) in
            [("apiVersion", &object["apiVersion"]), ("kind", &object["kind"]), ("metadata.name", name)]
        {
            if value.as_str().is_none_or(str::is_empty) {
                return Err(wrong(document, &format!("it has no {field}")));
            }
        }
    }
    Ok(documents)
}

fn wrong(document: &Document, message: &str) -> DocumentError {
    let Document { file, number, line, .. } = document.clone();
    DocumentError { file, line, number, message: message.to_owned() }
}

fn json(file: &str, text: &str) -> Result<Vec<Document>, DocumentError> {
    let mut all = Vec::new();
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let begun = text.get(values.byte_offset()..).unwrap_or_default();
        let skipped = values.byte_offset() + (begun.len() - begun.trim_start().len());
        let line = lines_before(text, skipped) + 1;
        let number = all.len() + 1;
        match values.next() {
            None => return Ok(all),
            Some(Ok(object)) => {
                let whole = text.get(skipped..values.byte_offset()).unwrap_or_default().to_owned();
                all.push(Document { file: file.to_owned(), number, line, object, text: whole });
            }
            Some(Err(error)) => {
                let message = error.to_string();
                return Err(DocumentError { file: file.to_owned(), line: error.line(), number, message });
            }
        }
    }
}

fn lines_before(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count()
}

/// A line of `---` in the first column ends a document wherever it stands (YAML 1.2, 9.1.2).
fn yaml(file: &str, text: &str) -> Result<Vec<Document>, DocumentError> {
    let mut parts: Vec<(usize, String)> = vec![(1, String::new())];
    for (index, line) in text.lines().enumerate() {
        let is_mark =
            line.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if is_mark {
            parts.push((index + 2, String::new()));
        } else if let Some((_, part)) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let is_written =
        |text: &str| text.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let written = parts.into_iter().filter(|(_, text)| is_written(text));
    let read = written.enumerate().map(|(index, (line, text))| {
        let options = serde_saphyr::options! { with_snippet: false };
        let (file, number) = (file.to_owned(), index + 1);
        match serde_saphyr::from_str_with_options(&text, options) {
            Ok(object) => {
                let comments = text.lines().take_while(|line| !is_written(line)).count();
                Ok(Document {
                    file,
                    number,
                    line: line + comments,
                    object,
                    text: text.lines().skip(comments).collect::<Vec<_>>().join("\n"),
                })
            }
            Err(error) => {
                let at = error.location().and_then(|location| usize::try_from(location.line()).ok());
                let message = error.without_snippet().to_string();
                Err(DocumentError { file, line: line + at.unwrap_or(1) - 1, number, message })
            }
        }
    });
    read.collect()
}

impl Document {
    /// The line of a field, as far down its path as it is found in what was written.
    pub fn line_of(&self, path: &str) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let (mut at, mut from, mut indent) = (0, 0, None);
        for part in path.replace('[', ".[").split('.') {
            let found =
                match part.strip_prefix('[').and_then(|index| index.trim_end_matches(']').parse().ok()) {
                    Some(index) => element(&lines, from, indent, index),
                    None => key(&lines, from, indent, part),
                };
            let Some((line, depth, is_inside)) = found else { break };
            at = line;
            from = if is_inside { line } else { line + 1 };
            indent = Some(depth);
        }
        self.line + at
    }
}

/// How deep a line is, the marks of list elements counted as spaces.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// The line of a key among the children below `from`, which are deeper than `parent`.
fn key(lines: &[&str], from: usize, parent: Option<usize>, key: &str) -> Option<(usize, usize, bool)> {
    let mut children = None;
    for (index, line) in lines.iter().enumerate().skip(from) {
        let depth = depth(line);
        let body = line.trim_start_matches([' ', '-']);
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        if index > from
            && parent.is_some_and(|parent| depth <= parent && !(line.trim_start().starts_with('-')))
        {
            return None;
        }
        let first = *children.get_or_insert(depth);
        let name = body.trim_start_matches(['"', '\'']);
        let rest = name.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
        if depth == first && rest.is_some_and(|rest| rest.starts_with(':')) {
            return Some((index, depth, false));
        }
    }
    None
}

/// The line of an element of the list below `from`.
fn element(
    lines: &[&str],
    from: usize,
    parent: Option<usize>,
    wanted: usize,
) -> Option<(usize, usize, bool)> {
    let (mut marks, mut seen) = (None, 0);
    for (index, line) in lines.iter().enumerate().skip(from) {
        let spaces = line.len() - line.trim_start().len();
        if !line.trim_start().starts_with('-') {
            if !line.trim().is_empty() && parent.is_some_and(|parent| spaces <= parent) {
                return None;
            }
            continue;
        }
        let mark = *marks.get_or_insert(spaces);
        if spaces == mark {
            if seen == wanted {
                return Some((index, spaces, true));
            }
            seen += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "# first\napiVersion: v1\nkind: A\nmetadata:\n  name: a\nspec:\n  workers:\n  - name: x\n    count: 1\n  - name: y\n    flavor: big\n  other: 3\n---\n---\napiVersion: v1\nkind: B\nmetadata: { name: b }\n";

    #[test]
    fn documents_know_their_place() {
        let all = read("f", TWO).unwrap();
        let places: Vec<(usize, usize)> = all.iter().map(|one| (one.number, one.line)).collect();
        assert_eq!(places, [(1, 2), (2, 15)]);
        for (path, line) in [
            ("spec", 6),
            ("spec.workers[0].count", 9),
            ("spec.workers[1]", 10),
            ("spec.workers[1].flavor", 11),
            ("spec.other", 12),
            ("spec.workers[7].flavor", 7),
            ("spec.nothing", 6),
            ("metadata.name", 5),
        ] {
            assert_eq!(all[0].line_of(path), line, "{path}");
        }
    }

    #[test]
    fn json_and_lists_are_documents_too() {
        let text = "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"a\"}}\n\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\
                    \"items\":[{\"apiVersion\":\"v1\",\"kind\":\"C\",\"metadata\":{\"name\":\"c\"}}]}";
        let all = read("f", text).unwrap();
        let places: Vec<(&str, usize)> =
            all.iter().map(|one| (one.object["kind"].as_str().unwrap(), one.line)).collect();
        assert_eq!(places, [("A", 1), ("C", 3)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("apiVersion: v1\nkind: A\n", "f:1: document 1: it has no metadata.name"),
            ("kind: A\n---\n- 1\n", "f:3: document 2: this is no object"),
            ("a: 1\na: 2\n", "f:2: document 1: "),
            ("a: [1\n", "f:"),
            ("{\"a\": }", "f:1: document 1: "),
        ] {
            let error = read("f", text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }
}
