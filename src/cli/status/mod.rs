//! `ege-bench status`: how far each run is, once or again and again.

mod lines;
mod screen;
mod show;
mod standing;
mod survey;
mod watch;

pub(super) use show::run;
pub(super) use watch::interval;
