//! A screen without a terminal: as text, as a picture, as data.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::palette;

/// The size of a cell in a picture, in pixels.
const CELL: (usize, usize) = (9, 19);
/// The space around a picture.
const MARGIN: usize = 12;

/// The screen as lines of text.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buffer) {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = cell.symbol().width().saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A run of text in one style.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    foreground: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    bold: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    underlined: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reversed: bool,
    #[serde(skip)]
    column: usize,
    #[serde(skip)]
    columns: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Screen {
    width: u16,
    height: u16,
    rows: Vec<Vec<Run>>,
}

/// The screen as JSON: its rows as runs of text in one style.
///
/// # Errors
/// Never for what this makes; the writer's own.
pub fn json(buffer: &Buffer) -> Result<String, serde_json::Error> {
    let rows = rows(buffer).map(runs).collect();
    serde_json::to_string_pretty(&Screen { width: buffer.area.width, height: buffer.area.height, rows })
}

/// The screen as a picture.
pub fn svg(buffer: &Buffer, light: bool) -> String {
    let (paper, ink) = if light { ("#fbfbfa", "#20262d") } else { ("#12171d", "#ced5dc") };
    let width = usize::from(buffer.area.width) * CELL.0 + 2 * MARGIN;
    let height = usize::from(buffer.area.height) * CELL.1 + 2 * MARGIN;
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{paper}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" fill=\"{ink}\" xml:space=\"preserve\">"
    );
    for (row, cells) in rows(buffer).enumerate() {
        for run in runs(cells) {
            draw(&mut out, &run, row, paper, ink);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn draw(out: &mut String, run: &Run, row: usize, paper: &str, ink: &str) {
    let (mut foreground, mut background) = (run.foreground.clone(), run.background.clone());
    if run.reversed {
        let was = foreground.take();
        foreground = Some(background.take().unwrap_or_else(|| paper.to_owned()));
        background = Some(was.unwrap_or_else(|| ink.to_owned()));
    }
    let (x, y) = (MARGIN + run.column * CELL.0, MARGIN + row * CELL.1);
    let width = run.columns * CELL.0;
    if let Some(colour) = background {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{colour}\"/>",
            CELL.1
        );
    }
    if run.text.trim().is_empty() {
        return;
    }
    let fill = foreground.map(|colour| format!(" fill=\"{colour}\"")).unwrap_or_default();
    let weight = if run.bold { " font-weight=\"bold\"" } else { "" };
    let line = if run.underlined { " text-decoration=\"underline\"" } else { "" };
    let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = y + 14;
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{base}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"{fill}{weight}{line}>{text}</text>"
    );
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width.max(1)))
}

/// The runs of cells in one style.
fn runs(cells: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<(Run, &Cell)> = Vec::new();
    let mut skip = 0;
    for (column, cell) in cells.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let columns = cell.symbol().width().max(1);
        skip = columns - 1;
        let same = |last: &Cell| last.fg == cell.fg && last.bg == cell.bg && last.modifier == cell.modifier;
        if let Some((run, last)) = runs.last_mut()
            && same(last)
        {
            run.text.push_str(cell.symbol());
            run.columns += columns;
            continue;
        }
        let hex = |colour| {
            palette::rgb(colour).map(|(red, green, blue)| format!("#{red:02x}{green:02x}{blue:02x}"))
        };
        let run = Run {
            text: cell.symbol().to_owned(),
            foreground: hex(cell.fg),
            background: hex(cell.bg),
            bold: cell.modifier.contains(Modifier::BOLD),
            underlined: cell.modifier.contains(Modifier::UNDERLINED),
            reversed: cell.modifier.contains(Modifier::REVERSED),
            column,
            columns,
        };
        runs.push((run, cell));
    }
    runs.into_iter().map(|(run, _)| run).collect()
}
