//! The planners: scenes as text in, plans as text out.

mod machine;
mod parts;
mod pool;
mod scene;
