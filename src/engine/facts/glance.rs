//! What a console of another process shows of an engine, as JSON: the same that one of its own process reads.
//!
//! Both are the same program. Where one is older than the other and does not understand it, the console says that the engine is
//! out of reach; what commands read is told apart from this, and stays as it is.

use serde::{Deserialize, Serialize};

use crate::engine::context::Engine;
use crate::engine::glance::{Facts, Question};

/// What an engine knows, with its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The name under which the engine holds the Lease.
    pub identity: String,
    /// What it knows.
    pub facts: Facts,
}

/// Tells what is asked.
pub fn told(engine: &Engine, identity: &str, question: &Question) -> Told {
    Told { identity: identity.to_owned(), facts: Facts::read(engine, question) }
}

/// A question as the path of a request.
pub fn path(question: &Question) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (name, is_asked) in
        [("turns", question.turns), ("volumes", question.volumes), ("leaks", question.leaks)]
    {
        if is_asked {
            pairs.append_pair(name, "true");
        }
    }
    if let Some((namespace, name)) = &question.about {
        pairs.append_pair("namespace", namespace).append_pair("about", name);
    }
    format!("/glance?{}", pairs.finish())
}

/// The question of a request.
pub fn parse(query: &str) -> Question {
    let mut question = Question::default();
    let (mut namespace, mut about) = (String::new(), None);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "turns" => question.turns = value == "true",
            "volumes" => question.volumes = value == "true",
            "leaks" => question.leaks = value == "true",
            "namespace" => namespace = value.into_owned(),
            "about" => about = Some(value.into_owned()),
            _ => {}
        }
    }
    question.about = about.map(|about| (namespace, about));
    question
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_understood_as_it_was_asked() {
        let about = Some(("team-001".to_owned(), "c0001 & more".to_owned()));
        let whole = Question { turns: true, volumes: true, leaks: true, about };
        for question in [Question::default(), whole, Question { volumes: true, ..Question::default() }] {
            let path = path(&question);
            assert_eq!(parse(path.split_once('?').unwrap().1), question);
        }
    }
}
