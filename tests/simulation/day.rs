//! What a day is made of. Most have something of everything; one on which a planted bug is to show has more of what uncovers
//! it, for longer, and less of what hides it.

use std::ops::Range;

use crate::book::Book;
use crate::fleet::Small;
use crate::mishaps::Mishap;
use crate::people::Deed;

/// A sort of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Something of everything.
    Usual,
    /// Nothing goes wrong.
    Quiet,
    /// The process dies again and again, while there is something to do.
    Deaths,
    /// People hold what there would be something to do for.
    Holds,
    /// One sort of thing breaks, one after the other.
    Of(Mishap),
}

/// What happens next on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Death,
    Breaks(Mishap),
    Does(Deed),
}

impl Day {
    /// What happens next.
    pub fn draw(self, book: &Book) -> Event {
        match self {
            Self::Usual | Self::Quiet => match book.draw(0..20) {
                0 => Event::Death,
                1..11 => Event::Breaks(Mishap::drawn(book)),
                _ => Event::Does(Deed::drawn(book)),
            },
            Self::Deaths => match book.draw(0..3) {
                0 => Event::Death,
                1 => Event::Breaks(Mishap::Server),
                _ => Event::Does(Deed::Scale),
            },
            Self::Holds => match book.draw(0..6) {
                0 => Event::Does(Deed::Pause),
                1 => Event::Does(Deed::Brake),
                2 => Event::Breaks(Mishap::Server),
                _ => Event::Does(Deed::Scale),
            },
            Self::Of(mishap) => Event::Breaks(mishap),
        }
    }

    /// The fleet of a seed on such a day.
    pub fn fleet(self, seed: u64) -> Small {
        let fleet = Small::drawn(seed);
        match self {
            Self::Of(_) => fleet.without_fences(),
            Self::Usual | Self::Quiet | Self::Deaths | Self::Holds => fleet,
        }
    }

    /// The second at which trouble begins: most days when the fleet is up, some while it comes up.
    pub fn begins(self, book: &Book) -> u32 {
        match self {
            Self::Usual | Self::Quiet => {
                if book.chance(0.6) {
                    book.draw(300..720)
                } else {
                    book.draw(0..300)
                }
            }
            Self::Of(Mishap::Image) => book.draw(0..60),
            Self::Deaths | Self::Holds | Self::Of(_) => book.draw(600..900),
        }
    }

    /// For how many seconds it goes on.
    pub fn lasts(self) -> Range<u32> {
        match self {
            Self::Usual => 600..2400,
            Self::Quiet => 60..120,
            // So short that what nobody hears of is missed only when all has to be well again.
            Self::Deaths => 180..240,
            Self::Holds | Self::Of(_) => 2400..3600,
        }
    }

    /// How many seconds pass between one trouble and the next, of a day that has `acts` at most.
    pub fn pause(self, acts: u32) -> Range<u32> {
        match self {
            Self::Usual | Self::Quiet => 10..acts,
            Self::Deaths => 10..60,
            Self::Holds => 10..120,
            // Each alone, and for long enough that its consequences show.
            Self::Of(_) => 900..1500,
        }
    }

    /// For how many seconds something is out of order.
    pub fn outage(self) -> Range<u32> {
        match self {
            Self::Usual | Self::Quiet | Self::Deaths | Self::Holds => 20..1500,
            Self::Of(_) => 1200..1500,
        }
    }

    /// For how many seconds people hold something.
    pub fn hold(self) -> Range<u32> {
        match self {
            Self::Holds => 600..900,
            Self::Usual | Self::Quiet | Self::Deaths | Self::Of(_) => 60..900,
        }
    }
}
