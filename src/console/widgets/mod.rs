//! What screens are drawn with. A widget is given what it shows, and changes nothing.

pub mod canvas;
pub mod frame;
pub mod input;
pub mod lines;
pub mod table;
