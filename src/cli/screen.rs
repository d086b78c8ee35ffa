//! `kaasboard screen`: one screen without a terminal.

use std::time::Duration;

use clap::{Args, ValueEnum};
use color_eyre::Report;

use super::connect::Look;
use super::console;
use super::failure::{Exit, Failure};
use super::output;
use crate::console::action::{Action, Place, Tab};
use crate::console::age;
use crate::console::layout::LEAST;
use crate::console::palette::Depth;
use crate::console::rows::subject::Subject;
use crate::console::snapshot::Snapshot;
use crate::console::still;
use crate::console::theme::{self, Theme};
use crate::console::update::{keys, moves};
use crate::settings::context::ManagerAt;
use crate::settings::places::Places;
use crate::simulation::fleet::Fleet;
use crate::startup::pace::Speed;
use crate::startup::{self, Seeds};

/// The largest screen that is drawn, in columns and rows.
const LARGEST: (u16, u16) = (500, 300);
/// How fast the sandbox lives until its screen is drawn.
const SPEED: f64 = 60.0;

/// The arguments of `kaasboard screen`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard screen triage                          what is wrong, as text
  kaasboard screen nodes --filter ready=false      with a filter
  kaasboard screen clusters --size 200x60 --format svg > clusters.svg
  kaasboard screen explain --select machine/team-001/c0001-worker-bdrqshmq

Without a configured context it is a screen of the sandbox, after some minutes of its life (--after).")]
pub struct Arguments {
    /// Which screen
    #[arg(value_enum)]
    screen: Screen,
    #[command(flatten)]
    look: Look,
    /// Columns and rows
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    /// The theme
    #[arg(long, value_name = "NAME", default_value = "default")]
    theme: String,
    /// How many colours
    #[arg(long, value_name = "true|256|16|none", default_value = "true", value_parser = depth)]
    colors: Depth,
    /// ASCII only
    #[arg(long)]
    ascii: bool,
    /// In which form
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The filter of its table
    #[arg(long, value_name = "FILTER", default_value = "")]
    filter: String,
    /// The object that is selected, by its name
    #[arg(long, value_name = "NAME")]
    select: Option<String>,
    /// In the sandbox: after how much of its time
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span)]
    after: Duration,
}

/// The screens.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Screen {
    Triage,
    Tenants,
    Clusters,
    Pools,
    Nodes,
    Volumes,
    Balancers,
    Leaks,
    Loops,
    Journal,
    Budget,
    Overview,
    Tree,
    Timeline,
    Explain,
    Loop,
    Yaml,
    Help,
    Palette,
}

/// The forms.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Svg,
    Json,
}

impl Screen {
    /// Where it is, and what opens it there.
    fn way(self) -> (Place, Option<Action>) {
        let tab = |tab: Tab| (Place::Pane(Subject::Node), Some(Action::Detail(tab)));
        match self {
            Self::Triage => (Place::Triage, None),
            Self::Tenants => (Place::Pane(Subject::Tenant), None),
            Self::Clusters => (Place::Pane(Subject::Cluster), None),
            Self::Pools => (Place::Pane(Subject::Pool), None),
            Self::Nodes => (Place::Pane(Subject::Node), None),
            Self::Volumes => (Place::Pane(Subject::Volume), None),
            Self::Balancers => (Place::Pane(Subject::Balancer), None),
            Self::Leaks => (Place::Pane(Subject::Leak), None),
            Self::Loops => (Place::Loops, None),
            Self::Journal => (Place::Journal, None),
            Self::Budget => (Place::Budget, None),
            Self::Overview => tab(Tab::Overview),
            Self::Tree => tab(Tab::Tree),
            Self::Timeline => tab(Tab::Timeline),
            Self::Explain => tab(Tab::Explain),
            Self::Loop => tab(Tab::Loop),
            Self::Yaml => tab(Tab::Yaml),
            Self::Help => (Place::Triage, Some(Action::OpenHelp)),
            Self::Palette => (Place::Triage, Some(Action::OpenPalette)),
        }
    }
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed =
        text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    let (columns, rows) = parsed.ok_or_else(|| format!("{text:?} is no size: write it as 120x40"))?;
    if columns < LEAST.0 || rows < LEAST.1 || columns > LARGEST.0 || rows > LARGEST.1 {
        return Err(format!("sizes go from {}x{} to {}x{}", LEAST.0, LEAST.1, LARGEST.0, LARGEST.1));
    }
    Ok((columns, rows))
}

fn depth(text: &str) -> Result<Depth, String> {
    Depth::named(text).ok_or_else(|| format!("{text:?} is none of true, 256, 16, none"))
}

fn span(text: &str) -> Result<Duration, String> {
    let parsed = age::parse(text).and_then(|span| span.to_std().ok());
    parsed.ok_or_else(|| format!("{text:?} is no time: write it as 90s, 10m or 2h"))
}

/// Prints the screen.
///
/// # Errors
/// When the context cannot be used, or the screen cannot be filled.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let places = Places::find()?;
    let settings = arguments.look.settings(&places)?;
    let wrong = |error: Report| Failure::new(Exit::Usage, "the theme cannot be used").because(error);
    let theme = Theme::built_in(&arguments.theme).map_err(|error| wrong(error.into()).remedy(themes()))?;
    let context = settings.context(None)?;
    startup::runtime()?.block_on(async {
        let sandbox = match &context.manager {
            ManagerAt::Memory => {
                let fleet = Fleet::small().map_err(|error| {
                    Failure::new(Exit::Failed, "the small fleet is broken").because(error)
                })?;
                let sandbox = startup::sandbox(&fleet, Speed::Times(SPEED), Seeds::random()?).await?;
                crate::clock::sleep(chrono::TimeDelta::from_std(arguments.after).unwrap_or_default()).await;
                Some(sandbox)
            }
            ManagerAt::Kubeconfig { .. } | ManagerAt::File(_) => None,
        };
        let mut parts = console::parts_of(&places, &settings, sandbox.as_ref()).await?;
        (parts.theme, parts.depth, parts.ascii) = (theme, arguments.colors, arguments.ascii);
        parts.surroundings.welcome = None;
        let failed =
            |error: Report| Failure::new(Exit::TimedOut, "the screen cannot be filled").because(error);
        let mut snapshot =
            Snapshot::begin(parts, arguments.size).await.map_err(|error| failed(error.into()))?;
        show(arguments, &mut snapshot).await?;
        output::result(&written(arguments, &snapshot)?)
    })
}

fn themes() -> String {
    let names: Vec<&str> = theme::BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!("themes are {}", names.join(", "))
}

/// Goes to the screen.
async fn show(arguments: &Arguments, snapshot: &mut Snapshot) -> Result<(), Failure> {
    let (place, action) = arguments.screen.way();
    moves::open(&mut snapshot.model, place);
    let model = &mut snapshot.model;
    if let Some(wanted) = &arguments.select {
        let name = wanted.rsplit('/').next().unwrap_or_default();
        let rows = Subject::ALL.into_iter().flat_map(|subject| model.fleet.shelf(subject).rows());
        let found = rows.into_iter().find(|row| row.name() == name && row.target.is_some()).cloned();
        let missing = || Failure::new(Exit::NotFound, "there is no such object").on(wanted);
        let row = found.ok_or_else(missing)?;
        moves::open(model, moves::place_of(row.subject).unwrap_or(place));
        if let Some(table) = model.tables.get_mut(&row.subject) {
            table.seek(&row.id);
        }
    }
    let subject = model.focus();
    if let Some(table) = model.tables.get_mut(&subject) {
        let wrong = |error| {
            Failure::new(Exit::Usage, "the filter cannot be used").on(&arguments.filter).because(error)
        };
        table.set_filter(&arguments.filter).map_err(wrong)?;
    }
    snapshot.hear().await;
    if let Some(action) = action {
        keys::run(&mut snapshot.model, action);
    }
    // The engine is asked about what is on the screen now.
    snapshot.hear().await;
    snapshot.hear().await;
    Ok(())
}

fn written(arguments: &Arguments, snapshot: &Snapshot) -> Result<String, Failure> {
    let buffer = snapshot.draw();
    match arguments.format {
        Format::Text => Ok(still::text(&buffer)),
        Format::Svg => Ok(still::svg(&buffer, arguments.theme == "light")),
        Format::Json => still::json(&buffer).map_err(|error| {
            Failure::new(Exit::Failed, "the screen cannot be written as JSON").because(error)
        }),
    }
}
