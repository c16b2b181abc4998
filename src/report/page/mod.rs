//! The page: one self-contained HTML file that asks no network for anything.

mod curves;
mod document;
mod gallery;
mod method;
mod opening;
mod origin;
mod part;
mod results;

pub(super) use document::render;
