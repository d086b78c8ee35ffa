//! What holds for every configuration, and that nothing panics.

use super::*;
use proptest::prelude::*;

/// A random configuration that fits [`custom`], without duplicates.
fn configuration() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["u", "v", "w"]);
    let map = || prop::collection::btree_map(prop::sample::select(vec!["a", "b"]), text(), 1..3);
    let set = || prop::collection::btree_set(text(), 1..4);
    let item =
        (1..3i64, prop::option::of(0..3i64), prop::option::of(set())).prop_map(|(value, other, set)| {
            let mut item = json!({ "value": value });
            if let Some(other) = other {
                item["other"] = other.into();
            }
            if let Some(set) = set {
                item["set"] = json!(set);
            }
            item
        });
    let items = prop::collection::btree_map(text(), item, 1..4).prop_map(|items| {
        let named = items.into_iter().map(|(name, mut item)| {
            item["name"] = name.into();
            item
        });
        Value::Array(named.collect())
    });
    let field = prop_oneof![
        (0..3).prop_map(|number| ("number", json!(number))),
        text().prop_map(|text| ("text", json!(text))),
        map().prop_map(|map| ("struct", json!(map))),
        map().prop_map(|map| ("map", json!(map))),
        map().prop_map(|map| ("whole", json!(map))),
        set().prop_map(|set| ("list", json!(set))),
        set().prop_map(|set| ("set", json!(set))),
        map().prop_map(|map| ("free", json!({ "x": map, "y": [1] }))),
        prop::collection::btree_map(text(), map(), 1..3).prop_map(|maps| ("maps", json!(maps))),
        items.prop_map(|items| ("items", items)),
    ];
    prop::collection::vec(field, 0..8).prop_map(|fields| {
        let spec: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut object = object("{}");
        if !spec.is_empty() {
            object["spec"] = Value::Object(spec);
        }
        object
    })
}

/// Any JSON, with the names that mean something here among others.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from),
        Just(Value::from("Apply")),
        Just(Value::from("FieldsV1")),
    ];
    let name = prop_oneof![
        ".{0,4}",
        prop::sample::select(vec![
            "metadata",
            "managedFields",
            "fieldsV1",
            "operation",
            "apiVersion",
            "fieldsType",
            "time",
            "spec",
            "items",
            "name",
            "set",
            "map",
            "free",
            "f:spec",
            "f:items",
            "k:{\"name\":\"a\"}",
            "k:{}",
            "k:",
            "v:1",
            "v:",
            "i:1",
            "i:x",
            ".",
            "containers",
            "ports",
            "labels",
            "finalizers",
            "template",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The object with all lists of known elements in one order, and without its owners.
fn content(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"].as_object_mut().unwrap().remove("managedFields");
    for list in ["items", "set"] {
        if let Some(list) = object.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut) {
            for item in list.iter_mut() {
                if let Some(set) = item.get_mut("set").and_then(Value::as_array_mut) {
                    set.sort_by_key(Value::to_string);
                }
            }
            list.sort_by_key(Value::to_string);
        }
    }
    object
}

/// What someone would apply to have the object as it is.
fn config_of(object: &Value) -> Value {
    let mut config = object.clone();
    config["metadata"].as_object_mut().unwrap().remove("managedFields");
    config
}

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn later() -> DateTime<Utc> {
    NOW + TimeDelta::hours(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn applying_twice_changes_nothing(live in configuration(), config in configuration()) {
        let (shape, bob, alice) = (custom(), who("bob", "", Part::Whole), who("alice", "", Part::Whole));
        let live = recorded(None, live, &shape, &bob, NOW);
        let once = apply(Some(&live), &config, &shape, &alice, true, NOW).unwrap();
        let twice = apply(Some(&once), &config, &shape, &alice, false, later()).unwrap();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn applying_nothing_takes_back_what_was_applied(live in configuration(), config in configuration()) {
        let (shape, bob, alice) = (custom(), who("bob", "", Part::Whole), who("alice", "", Part::Whole));
        let live = recorded(None, live, &shape, &bob, NOW);
        // Without force what is there already stays bob's, so that only the new fields are alice's alone.
        if let Ok(applied) = apply(Some(&live), &config, &shape, &alice, false, NOW) {
            let back = apply(Some(&applied), &object("{}"), &shape, &alice, false, NOW).unwrap();
            prop_assert_eq!(content(&back), content(&live));
            prop_assert_eq!(owners(&back), owners(&live));
        }
    }

    #[test]
    fn a_sole_owner_takes_back_everything(config in configuration()) {
        let (shape, alice) = (custom(), who("alice", "", Part::Whole));
        let applied = apply(None, &config, &shape, &alice, false, NOW).unwrap();
        let back = apply(Some(&applied), &object("{}"), &shape, &alice, false, NOW).unwrap();
        prop_assert_eq!(back, object("{}"));
    }

    #[test]
    fn updates_own_what_they_change(before in configuration(), after in configuration()) {
        let (shape, bob, carol) = (custom(), who("bob", "", Part::Whole), who("carol", "", Part::Whole));
        let before = recorded(None, before, &shape, &bob, NOW);
        let changed = recorded(Some(&before), after.clone(), &shape, &carol, NOW);
        // Going on from there changes no owner and no time.
        let again = recorded(Some(&changed), after, &shape, &carol, later());
        prop_assert_eq!(&again, &changed);
        // Someone who applies what is there conflicts with nobody, and becomes an owner beside the others.
        let shared = apply(Some(&changed), &config_of(&changed), &shape, &who("dave", "", Part::Whole), false, NOW);
        prop_assert_eq!(content(&shared.unwrap()), content(&changed));
    }

    #[test]
    fn nothing_panics(before in anything(), after in anything(), fields in anything()) {
        let entry = json!({
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        let mut tracked = object("{}");
        tracked["metadata"]["managedFields"] = json!([entry]);
        tracked["spec"] = before.clone();
        let mut changed = object("{}");
        changed["spec"] = after.clone();
        for shape in [custom(), Shape::builtin("Pod"), Shape::unknown()] {
            let alice = who("alice", "", Part::Whole);
            for before in [&before, &tracked] {
                for after in [&after, &tracked, &changed] {
                    let after = recorded(Some(before), after.clone(), &shape, &alice, NOW);
                    let _ = apply(Some(&after), &changed, &shape, &alice, true, NOW);
                    let _ = apply(Some(before), &after, &shape, &alice, false, NOW);
                }
            }
        }
    }

    #[test]
    fn entries_are_written_in_one_way(fields in anything()) {
        let (shape, bob) = (custom(), who("bob", "", Part::Whole));
        let mut given = object("{spec: {number: 1}}");
        given["metadata"]["managedFields"] = json!([{
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": fields },
        }]);
        let untracked = object("{spec: {number: 1}}");
        let once = recorded(Some(&untracked), given, &shape, &bob, NOW);
        let twice = recorded(Some(&untracked), once.clone(), &shape, &bob, NOW);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn bodies_never_panic(body in prop::collection::vec(any::<u8>(), 0..64), text in "[a-c:\\[\\]{}&*!|>\"' \n-]{0,40}") {
        let _ = kaasboard::manager::apply::body::parse(&body);
        let _ = kaasboard::manager::apply::body::parse(text.as_bytes());
    }
}
