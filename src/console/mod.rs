//! The console: message in, state changed, screen drawn.
//!
//! [`message`] is what can happen, [`update`] changes the [`model`] by it and answers [`effect`]s, [`perform`] carries those
//! out, and [`view`] draws the state. [`run`] is the loop around them. Everything that changes something outside passes
//! [`gate`].
//!
//! What comes in: [`input`] is the terminal's, and [`key`]s mean [`action`]s by the [`keymap`]. [`feed`] follows the manager
//! and turns objects into [`rows`], which the [`fleet`] keeps: latest wins, so that a slow screen slows nobody. [`seat`] is
//! the place of an engine in this process, [`elsewhere`] asks the engine that leads in another one. [`propose`] writes
//! Operations down and waits for their plans.
//!
//! What is shown: [`screens`] stand where [`layout`] says, are drawn with [`widgets`], and [`overlay`] is what stands over
//! them. A [`table`] has its cursor, marks and [`filter`]; [`documents`] are what is known of one object. [`piece`]s are text
//! with meaning, to which the [`theme`] gives colours out of a [`palette`]; [`age`], [`text`] and [`wrap`] make text fit.
//! [`paint`] finds the bytes that a frame needs, [`terminal`] is what they go to. [`files`] reads a person's own keymap and
//! theme again when they change.
//!
//! Beside that: [`still`] and [`snapshot`] draw a screen without a terminal; [`story`] is one that is played, and [`mask`]
//! hides in it what belongs to other teams.

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
pub mod stuck;
pub mod table;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod widgets;
pub mod wrap;
