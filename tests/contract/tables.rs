//! Objects as people and light clients read them: tables, and metadata alone.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;
use crate::helper::talk::{Answer, Talk};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

async fn read(t: &Talk, path: &str, accept: &str) -> Answer {
    let answer = t.ask("GET", path, &[("accept", accept)], Vec::new()).await;
    t.say(format!("{path}: {} {} {}", answer.code, answer.at("apiVersion"), answer.at("kind")));
    answer
}

fn columns(t: &Talk, table: &Answer) {
    for column in table.at("columnDefinitions").as_array().into_iter().flatten() {
        t.show(column, "name type format priority");
    }
}

/// A definition's printer columns, after the name; without any, the age.
#[test]
fn a_table_has_printer_columns() {
    let said = told(async |t| {
        let mut crd = plain();
        crd["spec"]["versions"][0]["additionalPrinterColumns"] = json!([
            {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
            {"name": "Phase", "type": "string", "jsonPath": ".status.phase", "description": "where it is"},
            {"name": "Color", "type": "string", "jsonPath": ".spec.color", "priority": 1},
            {"name": "Old", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        ]);
        t.define(crd).await;
        t.make("things", thing("a", json!({"size": 3, "color": "red"}))).await;
        t.make("things", thing("b", json!({}))).await;
        let table = read(t, "things", TABLE).await;
        columns(t, &table);
        for row in table.at("rows").as_array().unwrap() {
            let cells: Vec<Value> = row["cells"].as_array().unwrap().iter().take(4).cloned().collect();
            t.say(json!(cells));
            t.show(&row["object"], "kind apiVersion metadata/name spec");
        }
    });
    assert_snapshot!(said, @r#"
    things: 200 "meta.k8s.io/v1" "Table"
      name="Name" type="string" format="name" priority=0
      name="Size" type="integer" format="" priority=0
      name="Phase" type="string" format="" priority=0
      name="Color" type="string" format="" priority=1
      name="Old" type="date" format="" priority=0
    ["a",3,null,"red"]
      kind="PartialObjectMetadata" apiVersion="meta.k8s.io/v1" metadata/name="a" spec=null
    ["b",null,null,null]
      kind="PartialObjectMetadata" apiVersion="meta.k8s.io/v1" metadata/name="b" spec=null
    "#);
}

/// Without columns of its own a kind shows name and age.
#[test]
fn a_table_without_columns_shows_the_age() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({}))).await;
        let table = read(t, "things/a", TABLE).await;
        columns(t, &table);
        t.show(&table.body, "rows/0/cells/0");
    });
    assert_snapshot!(said, @r#"
    things/a: 200 "meta.k8s.io/v1" "Table"
      name="Name" type="string" format="name" priority=0
      name="Age" type="date" format="" priority=0
      rows/0/cells/0="a"
    "#);
}

/// Rows carry the object's metadata, the object, or nothing, as asked.
#[test]
fn a_table_includes_what_is_asked() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        for include in ["None", "Metadata", "Object"] {
            let table = read(t, &format!("things?includeObject={include}"), TABLE).await;
            t.show(&table.body, "rows/0/object/kind rows/0/object/spec");
        }
        t.say(read(t, "things?includeObject=Half", TABLE).await.at("message"));
    });
    assert_snapshot!(said, @r#"
    things?includeObject=None: 200 "meta.k8s.io/v1" "Table"
      rows/0/object/kind=null rows/0/object/spec=null
    things?includeObject=Metadata: 200 "meta.k8s.io/v1" "Table"
      rows/0/object/kind="PartialObjectMetadata" rows/0/object/spec=null
    things?includeObject=Object: 200 "meta.k8s.io/v1" "Table"
      rows/0/object/kind="Thing" rows/0/object/spec={"size":1}
    things?includeObject=Half: 400 "v1" "Status"
    "Unable to convert to Table as requested: includeObject: Invalid value: \"Half\": must be 'Metadata', 'Object', 'None', or empty"
    "#);
}

/// Built-in kinds have columns of their own.
#[test]
fn built_in_kinds_have_columns() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).await;
        t.make("secrets", json!({"metadata": {"name": "a"}, "stringData": {"k": "v"}})).await;
        for kind in [
            "configmaps",
            "secrets",
            "pods",
            "services",
            "events",
            "/api/v1/nodes",
            "/api/v1/namespaces",
            "/apis/apps/v1/namespaces/NS/deployments",
            "/apis/coordination.k8s.io/v1/namespaces/NS/leases",
        ] {
            let table = read(t, kind, TABLE).await;
            let names = table.at("columnDefinitions").as_array().cloned().unwrap_or_default();
            let names: Vec<&str> = names.iter().filter_map(|column| column["name"].as_str()).collect();
            t.say(format!("  {names:?}"));
        }
        let cells = read(t, "configmaps/a", TABLE).await;
        t.show(&cells.body, "rows/0/cells/0 rows/0/cells/1");
    });
    assert_snapshot!(said, @r#"
    configmaps: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Data", "Age"]
    secrets: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Type", "Data", "Age"]
    pods: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"]
    services: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector"]
    events: 200 "meta.k8s.io/v1" "Table"
      ["Last Seen", "Type", "Reason", "Object", "Subobject", "Source", "Message", "First Seen", "Count", "Name"]
    /api/v1/nodes: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Status", "Roles", "Age", "Version", "Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"]
    /api/v1/namespaces: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Status", "Age"]
    /apis/apps/v1/namespaces/NS/deployments: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]
    /apis/coordination.k8s.io/v1/namespaces/NS/leases: 200 "meta.k8s.io/v1" "Table"
      ["Name", "Holder", "Age"]
    configmaps/a: 200 "meta.k8s.io/v1" "Table"
      rows/0/cells/0="a" rows/0/cells/1=1
    "#);
}

/// A watch can be of tables: the columns come with the first event.
#[test]
fn a_watch_can_be_of_tables() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({}))).await;
        let mut watch = t.watch_as("things?resourceVersion=0", TABLE).await;
        let first = watch.next().await.unwrap();
        t.show(&first, "type object/kind object/columnDefinitions/0/name object/rows/0/cells/0");
        t.make("things", thing("b", json!({}))).await;
        let second = watch.next().await.unwrap();
        t.show(&second, "type object/kind object/columnDefinitions object/rows/0/cells/0");
    });
    assert_snapshot!(said, @r#"
    type="ADDED" object/kind="Table" object/columnDefinitions/0/name="Name" object/rows/0/cells/0="a"
    type="ADDED" object/kind="Table" object/columnDefinitions=null object/rows/0/cells/0="b"
    "#);
}

/// Metadata alone, of one object, of a list, of a watch.
#[test]
fn metadata_can_be_read_alone() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        let one = read(t, "things/a", METADATA).await;
        t.show(&one.body, "metadata/name metadata/generation spec");
        let all = read(t, "things", METADATA_LIST).await;
        t.show(&all.body, "items/0/kind items/0/apiVersion items/0/metadata/name items/0/spec");
        let mut watch = t.watch_as("things?resourceVersion=0", METADATA).await;
        let event = watch.next().await.unwrap();
        t.show(&event, "type object/kind object/apiVersion object/metadata/name object/spec");
        let patch = [("content-type", "application/merge-patch+json"), ("accept", METADATA)];
        let body = br#"{"metadata":{"labels":{"a":"b"}}}"#.to_vec();
        let patched = t.ask("PATCH", "things/a", &patch, body).await;
        t.show(&patched.body, "kind metadata/labels spec");
    });
    assert_snapshot!(said, @r#"
    things/a: 200 "meta.k8s.io/v1" "PartialObjectMetadata"
      metadata/name="a" metadata/generation=1 spec=null
    things: 200 "meta.k8s.io/v1" "PartialObjectMetadataList"
      items/0/kind="PartialObjectMetadata" items/0/apiVersion="meta.k8s.io/v1" items/0/metadata/name="a" items/0/spec=null
      type="ADDED" object/kind="PartialObjectMetadata" object/apiVersion="meta.k8s.io/v1" object/metadata/name="a" object/spec=null
      kind="PartialObjectMetadata" metadata/labels={"a":"b"} spec=null
    "#);
}

/// A form that the server does not have is not acceptable.
#[test]
fn a_form_must_be_known() {
    let said = told(async |t| {
        let answer = read(t, "configmaps", "application/xml").await;
        t.show(&answer.body, "reason");
        let yaml = t.ask("GET", "configmaps", &[("accept", "application/yaml")], Vec::new()).await;
        t.say(format!("{} {}", yaml.code, yaml.content_type));
    });
    assert_snapshot!(said, @r#"
    configmaps: 406 "v1" "Status"
      reason="NotAcceptable"
    200 application/yaml
    "#);
}
