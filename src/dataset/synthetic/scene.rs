//! One generated image with its mask.

use super::canvas::Canvas;
use super::lesion::Lesion;
use super::skin::Skin;
use super::{hair, optics, ruler};
use crate::random;

/// Seed of all generated images: two runs see the same images, whatever their own seeds are.
const SEED: u64 = 2017;

/// An image as `[size, size, 3]` and its mask as `[size, size]` bytes of 0 and 255.
///
/// Each part draws from its own stream, so that a change of one leaves the others as they were.
pub(super) fn draw(id: &str, size: usize) -> (Vec<u8>, Vec<u8>) {
    let stream = |part: &str| random::stream(SEED, &format!("synthetic-lesions/{part}"), 0, id);
    let skin = Skin::draw(&mut stream("skin"));
    let lesion = Lesion::draw(&mut stream("lesion"), &skin);
    let mut mask = Vec::with_capacity(size * size);
    let mut canvas = Canvas::new(size, |x, y| {
        let (color, inside) = lesion.paint(skin.color(x, y), x, y);
        mask.push(if inside { 255 } else { 0 });
        color
    });
    optics::light(&mut canvas, &mut stream("light"));
    hair::draw(&mut canvas, &mut stream("hair"));
    ruler::draw(&mut canvas, &mut stream("ruler"));
    optics::reflections(&mut canvas, &mut stream("reflections"));
    optics::rim(&mut canvas, &mut stream("rim"));
    optics::grain(&mut canvas, &mut stream("grain"));
    (canvas.bytes(), mask)
}
