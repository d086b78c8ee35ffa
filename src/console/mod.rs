//! The console: message in, state changed, screen drawn.
//!
//! [`message`] is what can happen, [`update`] changes the [`model`] by it and answers [`effect`]s, [`perform`] carries those
//! out, and [`view`] draws the state. [`run`] is the loop around them. Everything that changes something outside passes
//! [`gate`].
//!
//! [`elsewhere`] asks the engine that leads in another process. [`feed`] follows the manager and turns objects into [`rows`], which the [`fleet`] keeps: latest wins, so that a slow
//! screen slows nobody. [`keymap`] and [`theme`] come from files. [`still`] draws a screen without a terminal.

pub mod action;
pub mod age;
pub mod documents;
pub mod effect;
pub mod elsewhere;
pub mod feed;
pub mod files;
pub mod filter;
pub mod fleet;
pub mod gate;
pub mod input;
pub mod key;
pub mod keymap;
pub mod layout;
pub mod mask;
pub mod message;
pub mod model;
pub mod overlay;
pub mod paint;
pub mod palette;
pub mod perform;
pub mod piece;
pub mod propose;
pub mod rows;
pub mod run;
pub mod screens;
pub mod seat;
pub mod snapshot;
pub mod still;
pub mod story;
pub mod table;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
pub mod wrap;
