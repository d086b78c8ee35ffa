//! The cells of Services, Endpoints, EndpointSlices and Ingresses.

use serde_json::Value;

use super::look::{Look, NONE, UNSET, items, labels, listed, listed_shortly, or, plain, text};

/// `80/TCP,443:30443/TCP`
pub fn service_ports(look: &Look<'_>) -> String {
    let port = |port: &Value| {
        let number = port["port"].as_i64().unwrap_or_default();
        let protocol = text(port, "/protocol").unwrap_or("TCP");
        match port["nodePort"].as_i64().filter(|node| *node > 0) {
            Some(node) => format!("{number}:{node}/{protocol}"),
            None => format!("{number}/{protocol}"),
        }
    };
    or(listed(look.items("/spec/ports").iter().map(port)), NONE)
}

/// Where a Service is reached from outside.
pub fn external_ip(look: &Look<'_>) -> String {
    let fixed = look.items("/spec/externalIPs").iter().map(plain);
    match look.text("/spec/type").unwrap_or_default() {
        "ClusterIP" | "NodePort" => or(listed(fixed), NONE),
        "LoadBalancer" => or(listed(balancer(look).into_iter().chain(fixed)), "<pending>"),
        "ExternalName" => look.text("/spec/externalName").unwrap_or_default().to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

/// `app=web`: the pods of a Service.
pub fn service_selector(look: &Look<'_>) -> String {
    labels(look.map("/spec/selector"))
}

/// The first addresses of an Endpoints.
pub fn endpoints(look: &Look<'_>) -> String {
    let mut all = Vec::new();
    for subset in look.items("/subsets") {
        let addresses = items(subset, "/addresses");
        let address = |address: &Value| text(address, "/ip").unwrap_or_default().to_owned();
        let ports = items(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses.iter().map(address));
        }
        for port in ports {
            all.extend(addresses.iter().map(|one| joined(&address(one), &port["port"])));
        }
    }
    or(listed_shortly(&all), NONE)
}

/// An address and a port; addresses with colons in brackets.
fn joined(address: &str, port: &Value) -> String {
    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
}

/// The ports of an EndpointSlice.
pub fn slice_ports(look: &Look<'_>) -> String {
    let port = |port: &Value| match port["port"].as_i64() {
        Some(number) => number.to_string(),
        None => text(port, "/name").unwrap_or("*").to_owned(),
    };
    let ports: Vec<String> = look.items("/ports").iter().map(port).collect();
    or(listed_shortly(&ports), UNSET)
}

/// The first addresses of an EndpointSlice.
pub fn slice_endpoints(look: &Look<'_>) -> String {
    let endpoints = look.items("/endpoints").iter();
    let addresses: Vec<String> =
        endpoints.flat_map(|endpoint| items(endpoint, "/addresses")).map(plain).collect();
    or(listed_shortly(&addresses), UNSET)
}

/// The first hosts of an Ingress.
pub fn ingress_hosts(look: &Look<'_>) -> String {
    let hosts = look.items("/spec/rules").iter().filter_map(|rule| text(rule, "/host"));
    let hosts: Vec<String> = hosts.map(str::to_owned).collect();
    or(listed_shortly(&hosts), "*")
}

/// Where an Ingress is reached.
pub fn ingress_address(look: &Look<'_>) -> String {
    listed(balancer(look))
}

/// The ports of an Ingress.
pub fn ingress_ports(look: &Look<'_>) -> String {
    let ports = if look.items("/spec/tls").is_empty() { "80" } else { "80, 443" };
    ports.to_owned()
}

/// The class of an Ingress's parameters and their name.
pub fn class_parameters(look: &Look<'_>) -> String {
    let Some(kind) = look.text("/spec/parameters/kind") else { return NONE.to_owned() };
    let group = look.text("/spec/parameters/apiGroup").map_or_else(String::new, |group| format!(".{group}"));
    format!("{kind}{group}/{}", look.text("/spec/parameters/name").unwrap_or_default())
}

fn balancer(look: &Look<'_>) -> Vec<String> {
    let ingress = look.items("/status/loadBalancer/ingress").iter();
    let mut all: Vec<String> = ingress
        .filter_map(|one| text(one, "/ip").or_else(|| text(one, "/hostname")))
        .map(str::to_owned)
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
