//! The page: one self-contained HTML file that asks no network for anything.

mod anchor;
mod audit;
mod cell;
mod claims;
mod cost;
mod curves;
mod differences;
mod document;
mod gallery;
mod leaks;
mod method;
mod opening;
mod origin;
mod part;
mod picture;
mod policy;
mod results;

pub(super) use document::render;
