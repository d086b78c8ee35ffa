//! Every size, every theme, every depth of colour, ASCII: something sensible is shown, and nothing breaks.

use kaasboard::console::action::{ALL, Action};
use kaasboard::console::message::Message;
use kaasboard::console::palette::Depth;
use kaasboard::console::theme::{BUILT_IN, Theme};
use kaasboard::console::update::{apply, keys};
use kaasboard::console::view::{self, Look};
use kaasboard::{clock, console::still};

use crate::stage::Stage;

#[tokio::test(start_paused = true)]
async fn every_screen_is_drawn_at_every_size() {
    let mut stage = Stage::up(2, (80, 24)).await;
    let theme = Theme::built_in("default").unwrap();
    let look = Look { styles: theme.styles(Depth::True), ascii: false };
    let model = &mut stage.console.model;
    for (width, height) in
        [(1, 1), (2, 40), (39, 9), (40, 10), (80, 24), (81, 33), (120, 40), (200, 60), (300, 100)]
    {
        for (action, name, _) in ALL {
            if matches!(action, Action::Quit | Action::Suspend | Action::Act(_)) {
                continue;
            }
            apply::update(model, Message::Resize(width, height), clock::now());
            keys::run(model, *action);
            apply::update(model, Message::Tick, clock::now());
            let buffer = view::draw(model, &look);
            assert_eq!((buffer.area.width, buffer.area.height), (width, height), "{name}");
            if width >= 20 {
                assert!(!still::text(&buffer).trim().is_empty(), "{name} at {width}x{height} is empty");
            }
        }
    }
    apply::update(model, Message::Resize(20, 5), clock::now());
    assert!(still::text(&view::draw(model, &look)).contains("20x5 is too"));
}

#[tokio::test(start_paused = true)]
async fn colours_add_to_what_is_told_and_never_tell_it_alone() {
    let mut stage = Stage::up(2, (120, 40)).await;
    stage.press("3").await;
    let model = &stage.console.model;
    let mut told = Vec::new();
    for (name, _) in BUILT_IN {
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen, Depth::Mono] {
            let styles = Theme::built_in(name).unwrap().styles(depth);
            told.push(still::text(&view::draw(model, &Look { styles, ascii: false })));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "the text is the same whatever the colours");
    let styles = Theme::built_in("default").unwrap().styles(Depth::Mono);
    let ascii = still::text(&view::draw(model, &Look { styles, ascii: true }));
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(ascii.contains("+ Available"), "{ascii}");
}
