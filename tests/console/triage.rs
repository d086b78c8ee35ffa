//! What broke, since when, how far, and what its cause is: on the first screen, without a key.

use kaasboard::simulation::faults::Fault;

use crate::stage::Stage;

/// Waits for an incident that names all of these, on the first screen.
async fn triage(stage: &mut Stage, words: &[&str]) {
    let what = format!("an incident that tells {words:?}");
    stage
        .until(&what, |stage| {
            let screen = stage.screen();
            words.iter().all(|word| screen.contains(word))
        })
        .await;
}

fn host_of(stage: &Stage) -> (String, String) {
    let node = stage.console.model.fleet.shelf(kaasboard::console::rows::subject::Subject::Node);
    let worker = node.rows().find(|row| row.cell("role").text() == "worker").unwrap();
    (worker.cell("host").text().to_owned(), worker.cell("zone").text().to_owned())
}

#[tokio::test(start_paused = true)]
async fn one_hypervisor() {
    let mut stage = Stage::up(4, (140, 40)).await;
    let (host, _) = host_of(&stage);
    stage.world().inject(Fault::HostDown { host: host.clone(), down: true });
    triage(&mut stage, &[&format!("hypervisor {host}"), "SINCE", "CLUSTERS"]).await;
}

#[tokio::test(start_paused = true)]
async fn one_zone() {
    let mut stage = Stage::up(4, (140, 40)).await;
    let (_, zone) = host_of(&stage);
    stage.world().inject(Fault::ZoneDown { zone: zone.clone(), down: true });
    triage(&mut stage, &[&format!("zone {zone}"), "critical"]).await;
    stage.press("enter").await;
    stage.shows("incident ");
}

#[tokio::test(start_paused = true)]
async fn one_bad_image() {
    let mut stage = Stage::up(3, (140, 40)).await;
    let image = kaasboard::simulation::fleet::image("v1.34.2");
    stage.world().inject(Fault::BrokenImage { image: image.clone(), broken: true });
    let servers: Vec<_> = {
        let nodes = stage.console.model.fleet.shelf(kaasboard::console::rows::subject::Subject::Node);
        let workers = nodes.rows().filter(|row| row.cell("role").text() == "worker");
        let mut one_each = std::collections::BTreeMap::new();
        for row in workers {
            one_each.insert(row.links.cluster.clone(), row.links.server.clone().unwrap());
        }
        one_each.into_values().collect()
    };
    for server in servers {
        let id = kaasboard::cloud::types::compute::ServerId::new(server.to_string());
        stage.world().inject(Fault::ServerDies(id));
    }
    triage(&mut stage, &[&format!("image {image}, which all of it shares"), "3 clusters"]).await;
}
