//! From state to cells. Nothing here changes the state.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{LEAST, Layout};
use super::mask;
use super::model::Model;
use super::overlay::Overlay;
use super::screens::{
    columns, fault_lab, footer, header, help, object, palette, panes, plan, question, story, summary, tabs,
};
use super::theme::{Role, Styles};
use super::widgets::canvas::{self, Canvas};

/// What the terminal can show.
#[derive(Clone, Debug)]
pub struct Look {
    /// How meanings look.
    pub styles: Styles,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

/// Draws the whole screen.
pub fn draw(model: &Model, look: &Look) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buffer = Buffer::empty(area);
    let mut canvas = Canvas { buffer: &mut buffer, styles: &look.styles, ascii: look.ascii };
    canvas.fill(area, canvas.style(Role::Text));
    match Layout::of(model) {
        Some(layout) => screen(&mut canvas, model, &layout),
        None => too_small(&mut canvas, area),
    }
    mask::others(&mut buffer, model);
    if look.ascii {
        canvas::to_ascii(&mut buffer);
    }
    buffer
}

fn screen(canvas: &mut Canvas<'_>, model: &Model, layout: &Layout) {
    header::draw(canvas, layout.header, model);
    tabs::draw(canvas, layout.tabs, model);
    if let Some(area) = layout.summary {
        summary::draw(canvas, area, model);
    }
    for (index, (subject, area)) in layout.tables.iter().enumerate() {
        let point = model.narration.as_ref().and_then(|narration| narration.point.as_deref());
        panes::draw(canvas, *area, model, *subject, index == 0 || point == Some(subject.plural()));
    }
    if let Some(area) = layout.document {
        object::draw(canvas, area, model);
    }
    if let Some(area) = layout.aside {
        object::aside(canvas, area, model);
    }
    if let Some(area) = layout.story {
        story::draw(canvas, area, model);
    }
    footer::draw(canvas, layout.footer, model);
    match &model.overlay {
        Some(Overlay::Help { offset }) => help::draw(canvas, model, *offset),
        Some(Overlay::Palette(state)) => palette::draw(canvas, model, state),
        Some(Overlay::Question(state)) => question::draw(canvas, state),
        Some(Overlay::Plan(state)) => plan::draw(canvas, state),
        Some(Overlay::Faults(state)) => fault_lab::draw(canvas, state),
        Some(Overlay::Columns { at }) => columns::draw(canvas, model, *at),
        Some(Overlay::Filter { .. } | Overlay::Sure(_)) | None => {}
    }
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let style = canvas.style(Role::Warn);
    let told = format!("{}x{} is too small: {}x{} at least", area.width, area.height, LEAST.0, LEAST.1);
    let lines = super::text::wrap(&told, usize::from(area.width.max(1)));
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        canvas.put(0, row as u16, line, area.width, style);
    }
}
