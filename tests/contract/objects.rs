//! Creating, reading, replacing and deleting one object, and how failures are told.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;

/// What is created comes back with what the server adds, and is read back the same.
#[test]
fn a_created_object_is_read_back_the_same() {
    let said = told(async |t| {
        t.define(plain()).await;
        let created = t.post("things", thing("a", json!({"size": 1}))).await;
        t.show(&created.body, "apiVersion kind metadata/name metadata/namespace metadata/generation spec");
        let all = ["uid", "resourceVersion", "creationTimestamp", "managedFields"];
        let added = all.iter().filter(|field| !created.at(&format!("metadata/{field}")).is_null()).count();
        t.say(format!("the server added {added} of {all:?}"));
        let read = t.get("things/a").await;
        t.say(format!("read back the same: {}", read.body == created.body));
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      apiVersion="GROUP/v1" kind="Thing" metadata/name="a" metadata/namespace="NS" metadata/generation=1 spec={"size":1}
    the server added 4 of ["uid", "resourceVersion", "creationTimestamp", "managedFields"]
    GET things/a → 200
    read back the same: true
    "#);
}

/// A failure is a Status with code, reason, message and details; its kind is the resource for most reasons,
/// the Kind for an invalid object.
#[test]
fn a_failure_is_a_status() {
    let said = told(async |t| {
        t.define(plain()).await;
        let missing = t.get("things/none").await;
        t.say(&missing.body);
        t.make("things", thing("a", json!({}))).await;
        let twice = t.post("things", thing("a", json!({}))).await;
        t.say(&twice.body);
        let wrong = t.post("things", thing("b", json!({"size": "big"}))).await;
        t.say(&wrong.body);
        let core = t.get("configmaps/none").await;
        t.say(&core.body);
    });
    assert_snapshot!(said, @r#"
    GET things/none → 404 NotFound: things.GROUP "none" not found
    {"apiVersion":"v1","code":404,"details":{"group":"GROUP","kind":"things","name":"none"},"kind":"Status","message":"things.GROUP \"none\" not found","metadata":{},"reason":"NotFound","status":"Failure"}
    POST things → 409 AlreadyExists: things.GROUP "a" already exists
    {"apiVersion":"v1","code":409,"details":{"group":"GROUP","kind":"things","name":"a"},"kind":"Status","message":"things.GROUP \"a\" already exists","metadata":{},"reason":"AlreadyExists","status":"Failure"}
    POST things → 422 Invalid: Thing.GROUP "b" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
      cause FieldValueTypeInvalid at spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
    {"apiVersion":"v1","code":422,"details":{"causes":[{"field":"spec.size","message":"Invalid value: \"string\": spec.size in body must be of type integer: \"string\"","reason":"FieldValueTypeInvalid"}],"group":"GROUP","kind":"Thing","name":"b"},"kind":"Status","message":"Thing.GROUP \"b\" is invalid: spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"","metadata":{},"reason":"Invalid","status":"Failure"}
    GET configmaps/none → 404 NotFound: configmaps "none" not found
    {"apiVersion":"v1","code":404,"details":{"kind":"configmaps","name":"none"},"kind":"Status","message":"configmaps \"none\" not found","metadata":{},"reason":"NotFound","status":"Failure"}
    "#);
}

/// A name must be a DNS name, fit the path, and be given.
#[test]
fn names_are_checked() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.post("things", thing("Not_A_Name", json!({}))).await;
        t.post("things", json!({"apiVersion": "GROUP/v1", "kind": "Thing", "metadata": {}})).await;
        t.post("configmaps", json!({"metadata": {"name": "a/b"}})).await;
        t.put("configmaps/a", json!({"metadata": {"name": "b"}})).await;
        t.post("configmaps", json!({"metadata": {"name": "a", "namespace": "default"}})).await;
        t.post("configmaps", json!({"metadata": {"name": "a", "labels": {"k": "not a value"}}})).await;
    });
    assert_snapshot!(said, @r#"
    POST things → 422 Invalid: Thing.GROUP "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
      cause FieldValueInvalid at metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    POST things → 422 Invalid: Thing.GROUP "" is invalid: metadata.name: Required value: name or generateName is required
      cause FieldValueRequired at metadata.name: Required value: name or generateName is required
    POST configmaps → 422 Invalid: ConfigMap "a/b" is invalid: metadata.name: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
      cause FieldValueInvalid at metadata.name: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    PUT configmaps/a → 400 BadRequest: the name of the object (b) does not match the name on the URL (a)
    POST configmaps → 400 BadRequest: the namespace of the provided object does not match the namespace sent on the request
    POST configmaps → 422 Invalid: ConfigMap "a" is invalid: metadata.labels: Invalid value: "not a value": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
      cause FieldValueInvalid at metadata.labels: Invalid value: "not a value": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
    "#);
}

/// An object must be of the kind and version that its path says; where both are left out, the path decides.
#[test]
fn kind_and_version_must_fit_the_path() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.post("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.codes_only();
        t.post("configmaps", json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}})).await;
        t.post("configmaps", json!({"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "c"}}))
            .await;
        t.in_words();
        let other = json!({"apiVersion": "GROUP/v1", "kind": "Other", "metadata": {"name": "d"}});
        t.post("things", other).await;
        let version = json!({"apiVersion": "GROUP/v9", "kind": "Thing", "metadata": {"name": "e"}});
        t.post("things", version).await;
        t.codes_only();
        t.post("things", json!({"metadata": {"name": "f"}})).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 201
    POST configmaps → 400 BadRequest
    POST configmaps → 400 BadRequest
    POST things → 422 Invalid: Other.GROUP "d" is invalid: kind: Invalid value: "Other": must be Thing
      cause FieldValueInvalid at kind: Invalid value: "Other": must be Thing
    POST things → 400 BadRequest: the API version in the data (GROUP/v9) does not match the expected API version (GROUP/v1)
    POST things → 400 BadRequest
    "#);
}

/// `generateName` gets five more letters, a `name` beside it wins.
#[test]
fn names_can_be_generated() {
    let said = told(async |t| {
        let one = t.post("configmaps", json!({"metadata": {"generateName": "worker-"}})).await;
        let name = one.at("metadata/name").as_str().unwrap_or_default();
        t.say(format!("{} letters after {:?}", name.len() - 7, &name[..7]));
        t.show(&one.body, "metadata/generateName");
        let named = json!({"metadata": {"generateName": "worker-", "name": "mine"}});
        let named = t.post("configmaps", named).await;
        t.show(&named.body, "metadata/name metadata/generateName");
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 201
    5 letters after "worker-"
      metadata/generateName="worker-"
    POST configmaps → 201
      metadata/name="mine" metadata/generateName="worker-"
    "#);
}

/// An object can only be created in a namespace that exists.
#[test]
fn a_namespace_must_exist() {
    let said = told(async |t| {
        t.post("/api/v1/namespaces/NS-none/configmaps", json!({"metadata": {"name": "a"}})).await;
        let list = t.get("/api/v1/namespaces/NS-none/configmaps").await;
        t.show(&list.body, "kind items");
        t.get("/api/v1/namespaces/NS-none/configmaps/a").await;
    });
    assert_snapshot!(said, @r#"
    POST /api/v1/namespaces/NS-none/configmaps → 404 NotFound: namespaces "NS-none" not found
    GET /api/v1/namespaces/NS-none/configmaps → 200
      kind="ConfigMapList" items=[]
    GET /api/v1/namespaces/NS-none/configmaps/a → 404 NotFound: configmaps "a" not found
    "#);
}

/// What the server keeps of metadata cannot be written: uid and creation time stay, a deletion time is not taken.
#[test]
fn the_servers_metadata_cannot_be_written() {
    let said = told(async |t| {
        let wished = json!({"name": "a", "creationTimestamp": "2001-01-01T00:00:00Z",
            "deletionTimestamp": "2001-01-01T00:00:00Z", "uid": "mine"});
        let mut made = t.post("configmaps", json!({"metadata": wished})).await.body;
        t.show(&made, "metadata/deletionTimestamp");
        t.say(format!("own uid: {}", made["metadata"]["uid"] != "mine"));
        let born = made["metadata"]["creationTimestamp"].clone();
        made["metadata"]["deletionTimestamp"] = json!("2001-01-01T00:00:00Z");
        t.put("configmaps/a", made.clone()).await;
        made["metadata"]["deletionTimestamp"] = json!(null);
        made["metadata"]["creationTimestamp"] = json!("2001-01-01T00:00:00Z");
        let put = t.put("configmaps/a", made.clone()).await;
        t.say(format!("born then as before: {}", *put.at("metadata/creationTimestamp") == born));
        made["metadata"]["resourceVersion"] = json!(null);
        made["metadata"]["uid"] = json!("other");
        t.codes_only();
        t.put("configmaps/a", made).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 201
      metadata/deletionTimestamp=null
    own uid: true
    PUT configmaps/a → 422 Invalid: ConfigMap "a" is invalid: metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable
      cause FieldValueInvalid at metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable
    PUT configmaps/a → 200
    born then as before: true
    PUT configmaps/a → 409 Conflict
    "#);
}

/// Deleting tells what was deleted: a Status with the uid for most kinds.
#[test]
fn a_deletion_is_answered_with_a_status() {
    let said = told(async |t| {
        t.define(plain()).await;
        let made = t.make("things", thing("a", json!({}))).await;
        t.call(made["metadata"]["uid"].as_str().unwrap(), "UID");
        let deleted = t.delete("things/a", json!(null)).await;
        t.say(&deleted.body);
        t.delete("things/a", json!(null)).await;
        let made = t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.call(made["metadata"]["uid"].as_str().unwrap(), "UID2");
        let deleted = t.delete("configmaps/a", json!({"kind": "DeleteOptions", "apiVersion": "v1"})).await;
        t.say(&deleted.body);
    });
    assert_snapshot!(said, @r#"
    DELETE things/a → 200
    {"apiVersion":"v1","details":{"group":"GROUP","kind":"things","name":"a","uid":"UID"},"kind":"Status","metadata":{},"status":"Success"}
    DELETE things/a → 404 NotFound: things.GROUP "a" not found
    DELETE configmaps/a → 200
    {"apiVersion":"v1","details":{"kind":"configmaps","name":"a","uid":"UID2"},"kind":"Status","metadata":{},"status":"Success"}
    "#);
}

/// PUT on a name that is not there: a Custom Resource is not created by it, a ConfigMap neither.
#[test]
fn replacing_does_not_create() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut absent = thing("a", json!({}));
        absent["metadata"]["resourceVersion"] = json!("1");
        t.put("things/a", absent).await;
        t.put("configmaps/a", json!({"metadata": {"name": "a"}})).await;
        t.put("/apis/coordination.k8s.io/v1/namespaces/NS/leases/a", json!({"metadata": {"name": "a"}}))
            .await;
    });
    assert_snapshot!(said, @r#"
    PUT things/a → 404 NotFound: things.GROUP "a" not found
    PUT configmaps/a → 404 NotFound: configmaps "a" not found
    PUT /apis/coordination.k8s.io/v1/namespaces/NS/leases/a → 201
    "#);
}

/// What does not exist as a path, a version or a method is told so.
#[test]
fn unknown_paths_and_methods() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.code("GET", "/apis/none.GROUP/v1/things").await;
        t.code("GET", "/apis/GROUP/v9/namespaces/NS/things").await;
        t.code("GET", "/apis/GROUP/v1/namespaces/NS/others").await;
        t.said("POST", "configmaps/a", "application/json", b"{}".to_vec()).await;
        t.said("PUT", "configmaps", "application/json", b"{}".to_vec()).await;
        t.get("configmaps/a/status").await;
    });
    assert_snapshot!(said, @"
    GET /apis/none.GROUP/v1/things → 404
    GET /apis/GROUP/v9/namespaces/NS/things → 404
    GET /apis/GROUP/v1/namespaces/NS/others → 404
    POST configmaps/a → 405 MethodNotAllowed: the server does not allow this method on the requested resource
    PUT configmaps → 405 MethodNotAllowed: the server does not allow this method on the requested resource
    GET configmaps/a/status → 404 NotFound: the server could not find the requested resource
    ");
}

/// An update that changes nothing leaves the object, and its resourceVersion, as they are.
#[test]
fn an_update_without_a_change_is_no_write() {
    let said = told(async |t| {
        t.define(plain()).await;
        let made = t.make("things", thing("a", json!({"size": 1}))).await;
        let same = t.put("things/a", made.clone()).await;
        t.say(format!("unchanged: {}", same.version() == made["metadata"]["resourceVersion"]));
        let merged = t.patch("merge", "things/a", json!({"spec": {"size": 1}})).await;
        t.say(format!("unchanged: {}", merged.version() == made["metadata"]["resourceVersion"]));
    });
    assert_snapshot!(said, @"
    PUT things/a → 200
    unchanged: true
    PATCH things/a → 200
    unchanged: true
    ");
}
