//! CustomResourceDefinitions: how a kind comes, changes and goes.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{CRD, CRDS, crd, established, plain, thing};
use crate::helper::server::told;

/// A definition is accepted and established, with names filled in; then its objects are served.
#[test]
fn a_definition_is_established() {
    let said = told(async |t| {
        let mut minimal = plain();
        minimal["spec"]["names"] = json!({"plural": "things", "kind": "Thing", "shortNames": ["th"],
            "categories": ["all"]});
        let made = t.post(CRDS, minimal).await;
        t.show(&made.body, "spec/names spec/conversion metadata/generation");
        let ready = t.until(CRD, established).await;
        t.show(&ready, "status/acceptedNames status/storedVersions");
        for condition in ready["status"]["conditions"].as_array().unwrap() {
            t.show(condition, "type status reason message");
        }
    });
    assert_snapshot!(said, @r#"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 201
      spec/names={"categories":["all"],"kind":"Thing","listKind":"ThingList","plural":"things","shortNames":["th"],"singular":"thing"} spec/conversion={"strategy":"None"} metadata/generation=1
      status/acceptedNames={"categories":["all"],"kind":"Thing","listKind":"ThingList","plural":"things","shortNames":["th"],"singular":"thing"} status/storedVersions=["v1"]
      type="NamesAccepted" status="True" reason="NoConflicts" message="no conflicts found"
      type="Established" status="True" reason="InitialNamesAccepted" message="the initial names have been accepted"
    "#);
}

/// A name is plural.group, in lower case, of a group that is a domain.
#[test]
fn a_definitions_names_are_checked() {
    let said = told(async |t| {
        let mut named = plain();
        named["metadata"]["name"] = json!("others.GROUP");
        t.post(CRDS, named).await;
        let mut upper = plain();
        upper["spec"]["names"]["plural"] = json!("Things");
        upper["metadata"]["name"] = json!("Things.GROUP");
        t.post(CRDS, upper).await;
        let mut scope = plain();
        scope["spec"]["scope"] = json!("World");
        t.post(CRDS, scope).await;
        let mut stored = plain();
        stored["spec"]["versions"][0]["storage"] = json!(false);
        t.codes_only();
        t.post(CRDS, stored).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "others.GROUP" is invalid: metadata.name: Invalid value: "others.GROUP": must be spec.names.plural+"."+spec.group
      cause FieldValueInvalid at metadata.name: Invalid value: "others.GROUP": must be spec.names.plural+"."+spec.group
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "Things.GROUP" is invalid: [metadata.name: Invalid value: "Things.GROUP": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), spec.names.plural: Invalid value: "Things": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')]
      cause FieldValueInvalid at metadata.name: Invalid value: "Things.GROUP": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
      cause FieldValueInvalid at spec.names.plural: Invalid value: "Things": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"
      cause FieldValueNotSupported at spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid
    "#);
}

fn with_schema(schema: Value) -> Value {
    let mut crd = plain();
    crd["spec"]["versions"][0]["schema"] = schema;
    crd
}

/// A schema must be there, and structural: a type everywhere, nothing that only alternatives know.
#[test]
fn a_schema_must_be_structural() {
    let said = told(async |t| {
        t.post(CRDS, with_schema(json!(null))).await;
        t.post(CRDS, with_schema(json!({"openAPIV3Schema": {"properties": {"spec": {"type": "object"}}}})))
            .await;
        t.post(CRDS, crd(json!({"size": {}}))).await;
        t.post(CRDS, crd(json!({"size": {"type": "integer", "anyOf": [{"type": "string"}]}}))).await;
        t.post(CRDS, crd(json!({"list": {"type": "array"}}))).await;
        t.post(
            CRDS,
            crd(json!({"map": {"type": "object", "properties": {"a": {"type": "string"}},
            "additionalProperties": {"type": "string"}}})),
        )
        .await;
        t.post(CRDS, crd(json!({"refers": {"$ref": "#/x"}}))).await;
        t.post(CRDS, crd(json!({"size": {"type": "integer", "default": "big"}}))).await;
        let unkeyed = json!({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"});
        t.post(CRDS, crd(json!({"pools": unkeyed}))).await;
        t.codes_only();
        t.post(CRDS, crd(json!({"size": {"type": "string", "pattern": "["}}))).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.versions[0].schema.openAPIV3Schema: Required value
      cause FieldValueRequired at spec.versions[0].schema.openAPIV3Schema: Required value
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root
      cause FieldValueRequired at spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[size].type: Required value: must not be empty for specified object fields
      cause FieldValueRequired at spec.validation.openAPIV3Schema.properties[spec].properties[size].type: Required value: must not be empty for specified object fields
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[size].anyOf[0].type: Forbidden: must be empty to be structural
      cause FieldValueForbidden at spec.validation.openAPIV3Schema.properties[spec].properties[size].anyOf[0].type: Forbidden: must be empty to be structural
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[list].items: Required value: must be specified
      cause FieldValueRequired at spec.validation.openAPIV3Schema.properties[spec].properties[list].items: Required value: must be specified
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[map].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive
      cause FieldValueForbidden at spec.validation.openAPIV3Schema.properties[spec].properties[map].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[refers].$ref: Forbidden: $ref is not supported
      cause FieldValueForbidden at spec.validation.openAPIV3Schema.properties[spec].properties[refers].$ref: Forbidden: $ref is not supported
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[size].default: Invalid value: "string":  in body must be of type integer: "string"
      cause FieldValueTypeInvalid at spec.validation.openAPIV3Schema.properties[spec].properties[size].default: Invalid value: "string":  in body must be of type integer: "string"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[pools].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map
      cause FieldValueRequired at spec.validation.openAPIV3Schema.properties[spec].properties[pools].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 422 Invalid
    "#);
}

/// A changed definition is in force soon; what is stored is read through the new one.
#[test]
fn a_definition_changes() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1, "color": "red"}))).await;
        let properties = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
        let patch = json!([
            {"op": "add", "path": format!("{properties}/shade"), "value": {"type": "string", "default": "dark"}},
            {"op": "remove", "path": format!("{properties}/color")},
        ]);
        let changed = t.patch("json", CRD, patch).await;
        t.show(&changed.body, "metadata/generation");
        let read = t.until("things/a", |thing| !thing["spec"]["shade"].is_null()).await;
        t.show(&read, "spec");
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
      metadata/generation=2
      spec={"shade":"dark","size":1}
    "#);
}

/// Several versions: each serves what it knows, one is stored, one not served is not found.
#[test]
fn versions_are_served_or_not() {
    let said = told(async |t| {
        let mut many = plain();
        let mut second = many["spec"]["versions"][0].clone();
        second["name"] = json!("v2");
        second["storage"] = json!(false);
        let mut third = second.clone();
        third["name"] = json!("v3");
        third["served"] = json!(false);
        many["spec"]["versions"].as_array_mut().unwrap().extend([second, third]);
        t.define(many).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        let second = t.get("/apis/GROUP/v2/namespaces/NS/things/a").await;
        t.show(&second.body, "apiVersion kind spec");
        t.code("GET", "/apis/GROUP/v3/namespaces/NS/things/a").await;
        t.show(&t.read(CRD).await, "status/storedVersions");
        let list = t.get("/apis/GROUP/v2/namespaces/NS/things").await;
        t.show(&list.body, "apiVersion kind items/0/apiVersion items/0/kind");
    });
    assert_snapshot!(said, @r#"
    GET /apis/GROUP/v2/namespaces/NS/things/a → 200
      apiVersion="GROUP/v2" kind="Thing" spec={"size":1}
    GET /apis/GROUP/v3/namespaces/NS/things/a → 404
      status/storedVersions=["v1"]
    GET /apis/GROUP/v2/namespaces/NS/things → 200
      apiVersion="GROUP/v2" kind="ThingList" items/0/apiVersion="GROUP/v2" items/0/kind="Thing"
    "#);
}

/// A cluster-wide kind has no namespace in its paths.
#[test]
fn a_kind_can_be_cluster_wide() {
    let said = told(async |t| {
        let mut wide = plain();
        wide["spec"]["scope"] = json!("Cluster");
        t.make(CRDS, wide).await;
        t.until(CRD, established).await;
        t.until("/apis/GROUP/v1/things", |list| list["kind"] == "ThingList").await;
        let made = t.post("/apis/GROUP/v1/things", thing("a", json!({"size": 1}))).await;
        t.show(&made.body, "metadata/name metadata/namespace");
        t.code("GET", "things/a").await;
        let mut spaced = thing("b", json!({}));
        spaced["metadata"]["namespace"] = json!("NS");
        t.post("/apis/GROUP/v1/things", spaced).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/GROUP/v1/things → 201
      metadata/name="a" metadata/namespace=null
    GET things/a → 404
    POST /apis/GROUP/v1/things → 201
    "#);
}

/// A deleted definition takes its objects with it, those with finalizers when these are gone.
#[test]
fn a_deleted_definition_takes_its_objects() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("free", json!({}))).await;
        let mut held = thing("held", json!({}));
        held["metadata"]["finalizers"] = json!(["kaasboard.dev/held"]);
        t.make("things", held).await;
        let deleted = t.delete(CRD, json!(null)).await;
        t.show(&deleted.body, "kind metadata/finalizers");
        t.until_gone("things/free").await;
        let marked = |thing: &Value| thing["metadata"]["deletionTimestamp"].is_string();
        t.until("things/held", marked).await;
        t.get(CRD).await;
        t.patch("merge", "things/held", json!({"metadata": {"finalizers": null}})).await;
        t.until_gone(CRD).await;
        t.until_gone("things").await;
    });
    assert_snapshot!(said, @r#"
    DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
      kind="CustomResourceDefinition" metadata/finalizers=["customresourcecleanup.apiextensions.k8s.io"]
    things/free goes
    GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
    PATCH things/held → 200
    /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP goes
    things goes
    "#);
}

/// What is fixed at birth stays: the group, the scope, the names.
#[test]
fn parts_of_a_definition_are_immutable() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.patch("merge", CRD, json!({"spec": {"scope": "Cluster"}})).await;
        t.patch("merge", CRD, json!({"spec": {"group": "other.GROUP"}})).await;
        t.patch("merge", CRD, json!({"spec": {"names": {"kind": "Other"}}})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.scope: Invalid value: "Cluster": field is immutable
      cause FieldValueInvalid at spec.scope: Invalid value: "Cluster": field is immutable
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.group: Invalid value: "other.GROUP": field is immutable
      cause FieldValueInvalid at spec.group: Invalid value: "other.GROUP": field is immutable
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.names.kind: Invalid value: "Other": field is immutable
      cause FieldValueInvalid at spec.names.kind: Invalid value: "Other": field is immutable
    "#);
}

/// A deprecated version says so in a warning.
#[test]
fn a_deprecated_version_warns() {
    let said = told(async |t| {
        let mut old = plain();
        old["spec"]["versions"][0]["deprecated"] = json!(true);
        t.define(old).await;
        t.post("things", thing("a", json!({}))).await;
        let words =
            json!([{"op": "add", "path": "/spec/versions/0/deprecationWarning", "value": "use others"}]);
        t.patch("json", CRD, words).await;
        t.until_warned("things/a", "use others").await;
        t.get("things/a").await;
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      warning 299 - "GROUP/v1 Thing is deprecated"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
    GET things/a → 200
      warning 299 - "use others"
    "#);
}
