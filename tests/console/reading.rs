//! In read-only nothing changes anything: every action, every key, every entry of the palette, every click.

use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use kaasboard::clock;
use kaasboard::console::action::{ALL, Action};
use kaasboard::console::effect::Effect;
use kaasboard::console::message::Message;
use kaasboard::console::model::Model;
use kaasboard::console::overlay::Overlay;
use kaasboard::console::update::{apply, keys, palette};
use kaasboard::settings::context::Writing;

use crate::screenshots::album::Album;
use crate::screenshots::night::Night;
use crate::stage::Stage;

/// How many things are tried at least, so that nobody empties the lists unnoticed.
const LEAST: usize = 2000;

fn writes(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Write(_)))
}

/// Tries every action, key, click and entry of the palette on every screen; answers how many.
fn try_all(model: &mut Model) -> usize {
    let mut tried = 0;
    let places: Vec<Action> =
        ALL.iter().map(|(action, ..)| *action).filter(|action| matches!(action, Action::Open(_))).collect();
    for place in places {
        for (action, name, _) in ALL {
            reset(model, place);
            assert!(!writes(&keys::run(model, *action)), "{name} on {place:?}");
            tried += 1;
        }
        for code in (' '..='~').map(KeyCode::Char).chain([KeyCode::Enter, KeyCode::Tab, KeyCode::Delete]) {
            for modifiers in [KeyModifiers::NONE, KeyModifiers::CONTROL] {
                reset(model, place);
                let key = || Message::Key(KeyEvent::new(code, modifiers));
                let mut effects = apply::update(model, key(), clock::now());
                effects.extend(apply::update(
                    model,
                    Message::Key(KeyEvent::from(KeyCode::Enter)),
                    clock::now(),
                ));
                assert!(!writes(&effects), "{code:?} {modifiers:?} on {place:?}");
                tried += 1;
            }
        }
        tried += click_everywhere(model, place);
    }
    tried + choose_everything(model)
}

fn reset(model: &mut Model, place: Action) {
    (model.overlay, model.ended, model.frozen) = (None, false, None);
    model.pressed.clear();
    keys::run(model, place);
    apply::update(model, Message::Tick, clock::now());
}

fn click_everywhere(model: &mut Model, place: Action) -> usize {
    let mut tried = 0;
    for row in (0..model.size.1).step_by(3) {
        for column in (2..model.size.0).step_by(31) {
            reset(model, place);
            let click = |kind| MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
            for kind in [
                MouseEventKind::Down(MouseButton::Left),
                MouseEventKind::Down(MouseButton::Right),
                MouseEventKind::ScrollDown,
            ] {
                assert!(!writes(&apply::update(model, Message::Mouse(click(kind)), clock::now())));
                tried += 1;
            }
        }
    }
    tried
}

fn choose_everything(model: &mut Model) -> usize {
    let mut tried = 0;
    for written in ["", "heal", "brake", "cluster c", "node c", "delete", "theme ", "approve", "write"] {
        model.overlay = None;
        palette::open(model, written);
        let Some(Overlay::Palette(found)) = model.overlay.clone() else { panic!("no palette") };
        for entry in found.found {
            assert!(!writes(&palette::choose(model, entry)));
            tried += 1;
        }
    }
    tried
}

#[tokio::test(start_paused = true)]
async fn nothing_changes_anything_until_somebody_arms() {
    for writing in [Writing::Never, Writing::Armed] {
        let mut stage = Stage::with(1, (100, 30), writing).await;
        let tried = try_all(&mut stage.console.model);
        assert!(tried > LEAST, "{tried}");
        // Arming is a palette entry, and armed is what it leaves behind where it may.
        assert_eq!(stage.console.model.gate.armed, None, "{writing:?}");
    }
}

#[test]
fn where_changes_are_allowed_no_single_key_makes_any() {
    let mut album = Album::open(Night::kept());
    let places = ["1", "2", "3", "4", "6", "7", "8", "9", "3 d", "8 enter"];
    for place in places {
        for code in (' '..='~').map(KeyCode::Char).chain([KeyCode::Enter, KeyCode::Tab, KeyCode::Delete]) {
            for modifiers in [KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::ALT] {
                (album.model.overlay, album.model.ended, album.model.frozen) = (None, false, None);
                album.model.pressed.clear();
                album.press(place);
                let key = Message::Key(KeyEvent::new(code, modifiers));
                let effects = apply::update(&mut album.model, key, clock::now());
                assert!(!writes(&effects), "{code:?} {modifiers:?} on {place}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn arming_needs_a_reason_and_ends_by_itself() {
    let mut stage = Stage::with(1, (120, 40), Writing::Armed).await;
    stage.shows("read-only");
    stage.press("4 /").await;
    stage.write("role=worker").await;
    stage.press("enter H").await;
    stage.shows("read-only: type :write 15m REASON to allow changes");
    stage.press(":").await;
    stage.write("write 15m").await;
    stage.press("enter").await;
    stage.shows("say why: the Operations and the journal carry it");
    stage.press("esc :").await;
    stage.write("write 15m slow node").await;
    stage.press("enter").await;
    stage.shows("ARMED 15:00 slow node");
    stage.press("H").await;
    stage.shows("machine/team-00");
    stage.shows("slow node");
    stage.press("esc").await;
    tokio::time::sleep(TimeDelta::minutes(15).to_std().unwrap()).await;
    stage.console.hear().await;
    stage.shows("read-only");
    stage.press("H").await;
    stage.shows("read-only again, the time is over");
}

#[tokio::test(start_paused = true)]
async fn a_context_that_forbids_changes_cannot_be_armed() {
    let mut stage = Stage::with(1, (120, 40), Writing::Never).await;
    stage.press(":").await;
    stage.write("write 15m slow node").await;
    stage.press("enter").await;
    stage.shows("this context is read-only for good");
    assert_eq!(stage.console.model.gate.armed, None);
}
