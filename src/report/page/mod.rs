//! The page: one self-contained HTML file that asks no network for anything.

mod anchor;
mod cell;
mod curves;
mod document;
mod gallery;
mod method;
mod opening;
mod origin;
mod part;
mod policy;
mod results;

pub(super) use document::render;
