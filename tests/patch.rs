//! JSON patch, merge patch and strategic merge patch: object and patch in, object or refusal out.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use kaasboard::manager::apply::shape::Shape;
use kaasboard::manager::patch::error::PatchError;
use kaasboard::manager::patch::format::Format;
use kaasboard::manager::patch::{json, merge, strategic};
use kaasboard::manager::status::ApiError;
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Applies each patch, one a line, to the same object, and shows what comes out.
fn all(object: &str, patches: &str, apply: impl Fn(&Value, &[u8]) -> Result<Value, PatchError>) -> String {
    let object: Value = serde_saphyr::from_str(object).expect("the object is YAML");
    let mut out = String::new();
    for patch in patches.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let body: Value = serde_saphyr::from_str(patch).expect("the patch is YAML");
        writeln!(out, "{patch}\n  {}", shown(apply(&object, body.to_string().as_bytes()))).unwrap();
    }
    out
}

fn shown(result: Result<Value, PatchError>) -> String {
    match result {
        Ok(object) => object.to_string(),
        Err(error) => {
            let error = ApiError::from(error);
            let causes: Vec<&str> = error.causes.iter().map(|cause| cause.message.as_str()).collect();
            format!("{} {:?} {error} {causes:?}", error.code(), error.reason)
        }
    }
}

fn strategic_of(kind: &str) -> impl Fn(&Value, &[u8]) -> Result<Value, PatchError> {
    let shape = Shape::builtin(kind);
    move |object, patch| strategic::apply(object, patch, &shape)
}

#[test]
fn json_patch() {
    insta::assert_snapshot!(
        all(
            r#"{a: 1, list: [x, q], map: {k: v, "s/l~h": 1}, nil: null}"#,
            r#"
            [{op: add, path: /b, value: 2}, {op: replace, path: /a, value: 3}, {op: remove, path: /map/k}]
            [{op: add, path: /list/-, value: z}, {op: add, path: /list/0, value: first}]
            [{op: move, from: /a, path: /map/a}, {op: copy, from: /list, path: /other}]
            [{op: remove, path: /map/s~1l~0h}]
            [{op: test, path: /missing, value: null}, {op: add, path: /missing, value: 1}]
            [{op: test, path: /map/missing, value: null}]
            [{op: test, path: /nil, value: null}]
            [{op: test, path: /a, value: null}]
            [{op: test, path: /missing/deeper, value: null}]
            [{op: test, path: /missing, value: 1}]
            [{op: test, path: /a, value: 2}]
            [{op: test, path: /list/9, value: null}]
            [{op: remove, path: /missing}]
            [{op: replace, path: /missing, value: 1}]
            [{op: add, path: /missing/deeper, value: 1}]
            [{op: add, path: /list/9, value: 1}]
            [{op: move, from: /missing, path: /a}]
            [{op: copy, from: /missing, path: /a}]
            [{op: move, from: /map, path: /map/inside}]
            [{op: replace, path: "", value: {whole: true}}]
            [{op: replace, path: "", value: 1}]
            [{op: remove, path: ""}]
            [{op: add, path: nonsense, value: 1}]
            [{op: explode, path: /a}]
            [{op: add, path: /a}]
            [1]
            {op: add, path: /a, value: 1}
            []
            "#,
            json::apply,
        ),
        @r#"
    [{op: add, path: /b, value: 2}, {op: replace, path: /a, value: 3}, {op: remove, path: /map/k}]
      {"a":3,"b":2,"list":["x","q"],"map":{"s/l~h":1},"nil":null}
    [{op: add, path: /list/-, value: z}, {op: add, path: /list/0, value: first}]
      {"a":1,"list":["first","x","q","z"],"map":{"k":"v","s/l~h":1},"nil":null}
    [{op: move, from: /a, path: /map/a}, {op: copy, from: /list, path: /other}]
      {"list":["x","q"],"map":{"a":1,"k":"v","s/l~h":1},"nil":null,"other":["x","q"]}
    [{op: remove, path: /map/s~1l~0h}]
      {"a":1,"list":["x","q"],"map":{"k":"v"},"nil":null}
    [{op: test, path: /missing, value: null}, {op: add, path: /missing, value: 1}]
      {"a":1,"list":["x","q"],"map":{"k":"v","s/l~h":1},"missing":1,"nil":null}
    [{op: test, path: /map/missing, value: null}]
      {"a":1,"list":["x","q"],"map":{"k":"v","s/l~h":1},"nil":null}
    [{op: test, path: /nil, value: null}]
      {"a":1,"list":["x","q"],"map":{"k":"v","s/l~h":1},"nil":null}
    [{op: test, path: /a, value: null}]
      422 Invalid the server rejected our request due to an error in our request ["testing value /a failed: test failed"]
    [{op: test, path: /missing/deeper, value: null}]
      422 Invalid the server rejected our request due to an error in our request ["test operation for path /missing/deeper does not apply: is missing path: missing value"]
    [{op: test, path: /missing, value: 1}]
      422 Invalid the server rejected our request due to an error in our request ["test operation for path /missing does not apply: is missing path: missing value"]
    [{op: test, path: /a, value: 2}]
      422 Invalid the server rejected our request due to an error in our request ["testing value /a failed: test failed"]
    [{op: test, path: /list/9, value: null}]
      422 Invalid the server rejected our request due to an error in our request ["test operation for path /list/9 does not apply: is missing path: missing value"]
    [{op: remove, path: /missing}]
      422 Invalid the server rejected our request due to an error in our request ["remove operation does not apply: doc is missing path: /missing: missing value"]
    [{op: replace, path: /missing, value: 1}]
      422 Invalid the server rejected our request due to an error in our request ["replace operation does not apply: doc is missing key: /missing: missing value"]
    [{op: add, path: /missing/deeper, value: 1}]
      422 Invalid the server rejected our request due to an error in our request ["add operation does not apply: doc is missing path: \"/missing/deeper\": missing value"]
    [{op: add, path: /list/9, value: 1}]
      422 Invalid the server rejected our request due to an error in our request ["add operation does not apply: doc is missing path: \"/list/9\": missing value"]
    [{op: move, from: /missing, path: /a}]
      422 Invalid the server rejected our request due to an error in our request ["move operation does not apply: doc is missing from path: /missing: missing value"]
    [{op: copy, from: /missing, path: /a}]
      422 Invalid the server rejected our request due to an error in our request ["copy operation does not apply: doc is missing from path: /missing: missing value"]
    [{op: move, from: /map, path: /map/inside}]
      422 Invalid the server rejected our request due to an error in our request ["move operation does not apply: cannot move the value inside itself: /map"]
    [{op: replace, path: "", value: {whole: true}}]
      {"whole":true}
    [{op: replace, path: "", value: 1}]
      400 BadRequest Invalid JSON Patch []
    [{op: remove, path: ""}]
      422 Invalid the server rejected our request due to an error in our request ["remove operation does not apply: doc is missing path: : missing value"]
    [{op: add, path: nonsense, value: 1}]
      400 BadRequest error decoding patch: json pointer failed to parse; does not start with a slash ('/') and is not empty []
    [{op: explode, path: /a}]
      400 BadRequest error decoding patch: unknown variant `explode`, expected one of `add`, `remove`, `replace`, `move`, `copy`, `test` []
    [{op: add, path: /a}]
      400 BadRequest error decoding patch: missing field `value` []
    [1]
      400 BadRequest error decoding patch: invalid type: integer `1`, expected internally tagged enum PatchOperation []
    {op: add, path: /a, value: 1}
      400 BadRequest error decoding patch: invalid type: map, expected a sequence at line 1 column 0 []
    []
      {"a":1,"list":["x","q"],"map":{"k":"v","s/l~h":1},"nil":null}
    "#
    );
}

#[test]
fn merge_patch() {
    insta::assert_snapshot!(
        all(
            r#"{a: 1, list: [x, q], map: {k: v, l: w}}"#,
            r#"
            {a: 2, b: {c: null, d: 1}}
            {a: null, map: {k: null, m: 1}}
            {list: [z]}
            {list: {now: map}}
            {map: list}
            {map: null}
            {}
            []
            1
            null
            "#,
            merge::apply,
        ),
        @r#"
    {a: 2, b: {c: null, d: 1}}
      {"a":2,"b":{"d":1},"list":["x","q"],"map":{"k":"v","l":"w"}}
    {a: null, map: {k: null, m: 1}}
      {"list":["x","q"],"map":{"l":"w","m":1}}
    {list: [z]}
      {"a":1,"list":["z"],"map":{"k":"v","l":"w"}}
    {list: {now: map}}
      {"a":1,"list":{"now":"map"},"map":{"k":"v","l":"w"}}
    {map: list}
      {"a":1,"list":["x","q"],"map":"list"}
    {map: null}
      {"a":1,"list":["x","q"]}
    {}
      {"a":1,"list":["x","q"],"map":{"k":"v","l":"w"}}
    []
      400 BadRequest Invalid JSON Patch []
    1
      400 BadRequest Invalid JSON Patch []
    null
      400 BadRequest Invalid JSON Patch []
    "#
    );
}

#[test]
fn strategic_lists() {
    insta::assert_snapshot!(
        all(
            r#"{spec: {template: {spec: {containers: [{name: a, image: i1, env: [{name: E, value: "1"}]}, {name: b, image: i2}], tolerations: [{key: t}], volumes: [{name: v, emptyDir: {}}]}}}}"#,
            r#"
            {spec: {template: {spec: {containers: [{name: b, image: i3}]}}}}
            {spec: {template: {spec: {containers: [{name: c, image: i3, command: null}]}}}}
            {spec: {template: {spec: {containers: [{name: a, env: [{name: F, value: "2"}, {name: E, value: null}]}]}}}}
            {spec: {template: {spec: {containers: [{name: a, $patch: delete}]}}}}
            {spec: {template: {spec: {containers: [{$patch: replace}, {name: z}]}}}}
            {spec: {template: {spec: {containers: [{name: a, $patch: replace, image: only}]}}}}
            {spec: {template: {spec: {containers: [{name: a, $patch: merge}]}}}}
            {spec: {template: {spec: {containers: [{name: a, $patch: explode}]}}}}
            {spec: {template: {spec: {containers: [{$patch: delete}]}}}}
            {spec: {template: {spec: {containers: [{image: nameless}]}}}}
            {spec: {template: {spec: {containers: [text]}}}}
            {spec: {template: {spec: {containers: null}}}}
            {spec: {template: {spec: {containers: text}}}}
            {spec: {template: {spec: {tolerations: [{key: u}]}}}}
            {spec: {template: {spec: {volumes: [{name: v, $retainKeys: [name, secret], secret: {secretName: s}}]}}}}
            {spec: {template: {spec: {volumes: [{name: v, $retainKeys: [name], secret: {secretName: s}}]}}}}
            {spec: {template: {spec: {$setElementOrder/containers: [{name: b}, {name: a}]}}}}
            {spec: {template: {spec: {$setElementOrder/containers: [{name: c}, {name: b}], containers: [{name: c, image: i4}]}}}}
            {spec: {template: {spec: {$setElementOrder/containers: [{name: b}, {name: c}], containers: [{name: c}, {name: b}]}}}}
            {spec: {template: {spec: {$setElementOrder/containers: text}}}}
            {spec: {template: {spec: {$setElementOrder: []}}}}
            {spec: {template: {spec: {$setElementOrder/initContainers: [{name: x}], initContainers: [{name: x, image: i}]}}}}
            "#,
            strategic_of("Deployment"),
        ),
        @r#"
    {spec: {template: {spec: {containers: [{name: b, image: i3}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i3","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{name: c, image: i3, command: null}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"image":"i3","name":"c"},{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{name: a, env: [{name: F, value: "2"}, {name: E, value: null}]}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"env":[{"name":"F","value":"2"},{"name":"E"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{name: a, $patch: delete}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"image":"i2","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{$patch: replace}, {name: z}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"name":"z"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{name: a, $patch: replace, image: only}]}}}}
      {"spec":{"template":{"spec":{"containers":[],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: [{name: a, $patch: merge}]}}}}
      500 InternalError merging lists cannot yet be specified in the patch []
    {spec: {template: {spec: {containers: [{name: a, $patch: explode}]}}}}
      500 InternalError unknown patch type: explode in map: map[$patch:explode name:a] []
    {spec: {template: {spec: {containers: [{$patch: delete}]}}}}
      500 InternalError map: map[$patch:delete] does not contain declared merge key: name []
    {spec: {template: {spec: {containers: [{image: nameless}]}}}}
      500 InternalError map: map[image:nameless] does not contain declared merge key: name []
    {spec: {template: {spec: {containers: [text]}}}}
      500 InternalError list element types are not identical: [[map[env:[map[name:E value:1]] image:i1 name:a] map[image:i2 name:b]] [text]] []
    {spec: {template: {spec: {containers: null}}}}
      {"spec":{"template":{"spec":{"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {containers: text}}}}
      {"spec":{"template":{"spec":{"containers":"text","tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {tolerations: [{key: u}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"tolerations":[{"key":"u"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {volumes: [{name: v, $retainKeys: [name, secret], secret: {secretName: s}}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"name":"v","secret":{"secretName":"s"}}]}}}}
    {spec: {template: {spec: {volumes: [{name: v, $retainKeys: [name], secret: {secretName: s}}]}}}}
      400 BadRequest invalid patch format of retainKeys []
    {spec: {template: {spec: {$setElementOrder/containers: [{name: b}, {name: a}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"image":"i2","name":"b"},{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {$setElementOrder/containers: [{name: c}, {name: b}], containers: [{name: c, image: i4}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"image":"i4","name":"c"},{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    {spec: {template: {spec: {$setElementOrder/containers: [{name: b}, {name: c}], containers: [{name: c}, {name: b}]}}}}
      500 InternalError The order in patch list:
    [map[name:c] map[name:b]]
     doesn't match $setElementOrder list:
    [map[name:b] map[name:c]]
     []
    {spec: {template: {spec: {$setElementOrder/containers: text}}}}
      500 InternalError expected a []interface {}, but received a string []
    {spec: {template: {spec: {$setElementOrder: []}}}}
      400 BadRequest invalid patch format of setElementOrder list []
    {spec: {template: {spec: {$setElementOrder/initContainers: [{name: x}], initContainers: [{name: x, image: i}]}}}}
      {"spec":{"template":{"spec":{"containers":[{"env":[{"name":"E","value":"1"}],"image":"i1","name":"a"},{"image":"i2","name":"b"}],"initContainers":[{"image":"i","name":"x"}],"tolerations":[{"key":"t"}],"volumes":[{"emptyDir":{},"name":"v"}]}}}}
    "#
    );
}

#[test]
fn strategic_maps() {
    insta::assert_snapshot!(
        all(
            r#"{metadata: {labels: {a: b}, finalizers: [x, q]}, spec: {replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}, selector: {matchLabels: {a: b}}}}"#,
            r#"
            {metadata: {labels: {c: d, a: null}}}
            {metadata: {labels: {$patch: replace, c: d}}}
            {metadata: {labels: {$patch: delete}}}
            {metadata: {labels: {$patch: merge}}}
            {metadata: {finalizers: [z, x]}}
            {metadata: {$deleteFromPrimitiveList/finalizers: [x]}}
            {metadata: {$deleteFromPrimitiveList/finalizers: [x], finalizers: [z]}}
            {metadata: {$deleteFromPrimitiveList/finalizers: x}}
            {metadata: {$deleteFromPrimitiveList: [x]}}
            {metadata: {$setElementOrder/finalizers: [q, x]}}
            {metadata: {$setElementOrder/finalizers: [q, z, x], finalizers: [z]}}
            {metadata: {finalizers: [[x]]}}
            {metadata: {finalizers: [{a: b}]}}
            {spec: {strategy: {$retainKeys: [type], type: Recreate}}}
            {spec: {strategy: {$retainKeys: type, type: Recreate}}}
            {spec: {selector: {matchLabels: {c: d}}}}
            {spec: {new: {kept: 1, dropped: null, $patch: delete}}}
            {spec: {new: {kept: 1, dropped: null, inner: {$patch: delete}}}}
            {$patch: replace, spec: {replicas: 2}}
            {$patch: delete}
            []
            "#,
            strategic_of("Deployment"),
        ),
        @r#"
    {metadata: {labels: {c: d, a: null}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"c":"d"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {labels: {$patch: replace, c: d}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"c":"d"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {labels: {$patch: delete}}}
      {"metadata":{"finalizers":["x","q"],"labels":{}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {labels: {$patch: merge}}}
      500 InternalError unknown patch type: merge in map: map[] []
    {metadata: {finalizers: [z, x]}}
      {"metadata":{"finalizers":["z","x","q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {$deleteFromPrimitiveList/finalizers: [x]}}
      {"metadata":{"finalizers":["q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {$deleteFromPrimitiveList/finalizers: [x], finalizers: [z]}}
      {"metadata":{"finalizers":["z","q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {$deleteFromPrimitiveList/finalizers: x}}
      400 BadRequest invalid patch format of primitive list []
    {metadata: {$deleteFromPrimitiveList: [x]}}
      400 BadRequest invalid patch format of primitive list []
    {metadata: {$setElementOrder/finalizers: [q, x]}}
      {"metadata":{"finalizers":["q","x"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {$setElementOrder/finalizers: [q, z, x], finalizers: [z]}}
      {"metadata":{"finalizers":["q","z","x"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {metadata: {finalizers: [[x]]}}
      500 InternalError list element types are not identical: [[x q] [[x]]] []
    {metadata: {finalizers: [{a: b}]}}
      500 InternalError list element types are not identical: [[x q] [map[a:b]]] []
    {spec: {strategy: {$retainKeys: [type], type: Recreate}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"Recreate"}}}
    {spec: {strategy: {$retainKeys: type, type: Recreate}}}
      400 BadRequest invalid patch format of retainKeys []
    {spec: {selector: {matchLabels: {c: d}}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b","c":"d"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {spec: {new: {kept: 1, dropped: null, $patch: delete}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"a":"b"}},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {spec: {new: {kept: 1, dropped: null, inner: {$patch: delete}}}}
      {"metadata":{"finalizers":["x","q"],"labels":{"a":"b"}},"spec":{"new":{"kept":1},"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":1},"type":"RollingUpdate"}}}
    {$patch: replace, spec: {replicas: 2}}
      {"spec":{"replicas":2}}
    {$patch: delete}
      {}
    []
      400 BadRequest Invalid JSON Patch []
    "#
    );
}

#[test]
fn strategic_other_kinds() {
    insta::assert_snapshot!(
        [
            all(
                r#"{spec: {ports: [{port: 80, targetPort: 1}, {port: 81}]}}"#,
                r#"{spec: {ports: [{port: 80, targetPort: 2}, {port: 82}]}}"#,
                strategic_of("Service"),
            ),
            all(
                r#"{status: {conditions: [{type: A, status: "True"}], addresses: [{type: InternalIP, address: 1}]}, spec: {taints: [{key: a}]}}"#,
                r#"{status: {conditions: [{type: A, status: "False"}, {type: B}], addresses: [{type: Hostname, address: h}]}, spec: {taints: [{key: b}]}}"#,
                strategic_of("Node"),
            ),
            all(r#"{data: {a: b}}"#, r#"{data: {a: null, c: d}, immutable: true}"#, strategic_of("ConfigMap")),
            all(r#"{secrets: [{name: a}]}"#, r#"{secrets: [{name: b}]}"#, strategic_of("ServiceAccount")),
            all(r#"{a: 1}"#, r#"{a: 2}"#, |object: &Value, patch: &[u8]| {
                strategic::apply(object, patch, &Shape::unknown())
            }),
        ]
        .concat(),
        @r#"
    {spec: {ports: [{port: 80, targetPort: 2}, {port: 82}]}}
      {"spec":{"ports":[{"port":80,"targetPort":2},{"port":82},{"port":81}]}}
    {status: {conditions: [{type: A, status: "False"}, {type: B}], addresses: [{type: Hostname, address: h}]}, spec: {taints: [{key: b}]}}
      {"spec":{"taints":[{"key":"b"}]},"status":{"addresses":[{"address":"h","type":"Hostname"},{"address":1,"type":"InternalIP"}],"conditions":[{"status":"False","type":"A"},{"type":"B"}]}}
    {data: {a: null, c: d}, immutable: true}
      {"data":{"c":"d"},"immutable":true}
    {secrets: [{name: b}]}
      {"secrets":[{"name":"b"},{"name":"a"}]}
    {a: 2}
      400 BadRequest strategic merge patch format is not supported []
    "#
    );
}

#[test]
fn limits() {
    let object = serde_json::json!({ "a": "x".repeat(1000) });
    let times = |count: usize, operation: &str| format!("[{}]", vec![operation; count].join(","));
    let add = r#"{"op":"add","path":"/b","value":1}"#;
    let double = r#"{"op":"copy","from":"/a","path":"/a2"},{"op":"copy","from":"","path":"/a"}"#;
    let nest = r#"{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/a","value":{}},{"op":"move","from":"/b","path":"/a/a"}"#;
    let bodies =
        [times(10_000, add), times(10_001, add), times(100, double), times(200, nest), "[".repeat(5000)];
    let outcomes: Vec<String> = bodies
        .iter()
        .map(|body| {
            json::apply(&object, body.as_bytes()).map_or_else(|error| error.to_string(), |_| "ok".to_owned())
        })
        .collect();
    insta::assert_snapshot!(outcomes.join("\n"), @r#"
    ok
    Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001
    Request entity too large: limit is 3145728
    the patched object would be nested deeper than 100 levels
    error decoding patch: recursion limit exceeded at line 1 column 128
    "#);
}

#[test]
fn formats() {
    let types = [
        "application/json-patch+json",
        "application/merge-patch+json; charset=utf-8",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
        "application/json",
        "",
    ];
    let mut out = String::new();
    for (content_type, custom) in types.iter().flat_map(|name| [(name, false), (name, true)]) {
        match Format::of(content_type, custom) {
            Ok(format) => writeln!(out, "{content_type} custom={custom}: {format:?}").unwrap(),
            Err(error) => writeln!(out, "{content_type} custom={custom}: {} {error}", error.code()).unwrap(),
        }
    }
    insta::assert_snapshot!(out, @r#"
    application/json-patch+json custom=false: Json
    application/json-patch+json custom=true: Json
    application/merge-patch+json; charset=utf-8 custom=false: Merge
    application/merge-patch+json; charset=utf-8 custom=true: Merge
    application/strategic-merge-patch+json custom=false: Strategic
    application/strategic-merge-patch+json custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    application/apply-patch+yaml custom=false: Apply
    application/apply-patch+yaml custom=true: Apply
    application/json custom=false: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml
    application/json custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
     custom=false: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml
     custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    "#);
}

/// RFC 7386, word by word.
fn naive_merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), naive_merge(old, value));
        }
    }
    Value::Object(target)
}

/// Random JSON with few names, so that patches meet what is there.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab]{0,1}".prop_map(Value::from),
        Just(Value::from("delete")),
        Just(Value::from("replace")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "name",
        "containers",
        "env",
        "ports",
        "containerPort",
        "spec",
        "metadata",
        "labels",
        "finalizers",
        "template",
        "volumes",
        "$patch",
        "$retainKeys",
        "$setElementOrder/containers",
        "$deleteFromPrimitiveList/finalizers",
        "$setElementOrder",
    ])
    .prop_map(str::to_owned)
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), value()), 0..6)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

/// A JSON patch operation that may or may not make sense.
fn operation() -> impl Strategy<Value = Value> {
    let path =
        || prop::collection::vec(prop_oneof![name(), Just("0".to_owned()), Just("-".to_owned())], 0..4);
    let op = prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (op, path(), path(), value()).prop_map(|(op, path, from, value)| {
        let pointer = |tokens: Vec<String>| -> String {
            tokens.iter().map(|token| format!("/{}", token.replace('/', "~1"))).collect()
        };
        serde_json::json!({ "op": op, "path": pointer(path), "from": pointer(from), "value": value })
    })
}

proptest! {
    #[test]
    fn merge_patch_is_the_standard(object in object(), patch in object()) {
        let merged = merge::apply(&object, patch.to_string().as_bytes()).unwrap();
        prop_assert_eq!(merged, naive_merge(object, &patch));
    }

    #[test]
    fn strategic_merge_never_panics(object in object(), patch in object()) {
        for kind in ["Pod", "Deployment", "ConfigMap"] {
            let _ = strategic_of(kind)(&object, patch.to_string().as_bytes());
        }
    }

    #[test]
    fn strategic_merge_leaves_no_directive(patch in object()) {
        let merged = strategic_of("Deployment")(&serde_json::json!({}), patch.to_string().as_bytes());
        if let Ok(merged) = merged {
            let text = merged.to_string();
            prop_assert!(!text.contains("$patch") && !text.contains("$set") && !text.contains("$retain"), "{}", text);
        }
    }

    #[test]
    fn json_patch_never_panics(object in object(), operations in prop::collection::vec(operation(), 0..8)) {
        let _ = json::apply(&object, Value::from(operations).to_string().as_bytes());
    }

    #[test]
    fn bodies_never_panic(object in object(), body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = json::apply(&object, &body);
        let _ = merge::apply(&object, &body);
        let _ = strategic_of("Pod")(&object, &body);
    }
}
