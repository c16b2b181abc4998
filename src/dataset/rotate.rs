//! Rotation by nearest neighbour with the arithmetic of torchvision, so that the same pixels are picked.
//!
//! The authors rotate a 64-bit tensor by `torchvision.transforms.functional.rotate` (their `utils.py`,
//! `myRandomRotation`): an affine grid in -1..1 made by a matrix product, then `grid_sample` without aligned
//! corners. At angles such as 45 degrees source positions fall on the middle between two pixels up to the
//! last bit, so the order of operations below is theirs, a fused multiply-add included.

/// What stands in a rotated image where nothing of the source image lies.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// For each pixel of an image rotated counter-clockwise by `angle` degrees about its centre, the index of the
/// source pixel, or [`OUTSIDE`].
pub(super) fn sources(height: usize, width: usize, angle: f64) -> Vec<u32> {
    let (h, w) = (height as f64, width as f64);
    let (sin, cos) = (-angle).to_radians().sin_cos();
    // The inverse rotation, scaled from pixels about the centre to -1..1.
    let [x_of_x, x_of_y] = [cos / (0.5 * w), sin / (0.5 * w)];
    let [y_of_x, y_of_y] = [-sin / (0.5 * h), cos / (0.5 * h)];
    let mut sources = Vec::with_capacity(height * width);
    for row in 0..height {
        let y = row as f64 - 0.5 * h + 0.5;
        for column in 0..width {
            let x = column as f64 - 0.5 * w + 0.5;
            let source_x = unnormalize(y.mul_add(x_of_y, x * x_of_x), w);
            let source_y = unnormalize(y.mul_add(y_of_y, x * y_of_x), h);
            let inside = source_x > -1.0 && source_x < w && source_y > -1.0 && source_y < h;
            // -0.0 passes the test and casts to 0.
            sources.push(if inside { source_y as u32 * width as u32 + source_x as u32 } else { OUTSIDE });
        }
    }
    sources
}

/// From -1..1 to the nearest pixel, half to even.
fn unnormalize(position: f64, pixels: f64) -> f64 {
    ((position + 1.0) * (0.5 * pixels) - 0.5).round_ties_even()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::digest::sha256;

    #[test]
    fn right_angles_permute_a_square() {
        let size = 6;
        let at = |row: usize, column: usize| (row * size + column) as u32;
        let (zero, quarter, half) = (sources(6, 6, 0.0), sources(6, 6, 90.0), sources(6, 6, 180.0));
        for row in 0..size {
            for column in 0..size {
                let index = row * size + column;
                assert_eq!(zero[index], at(row, column));
                // Counter-clockwise: what was at the right is now on top.
                assert_eq!(quarter[index], at(column, size - 1 - row));
                assert_eq!(half[index], at(size - 1 - row, size - 1 - column));
            }
        }
    }

    #[test]
    fn corners_of_a_tilted_square_are_outside() {
        let sources = sources(32, 32, 45.0);
        assert_eq!(sources[0], OUTSIDE);
        assert_ne!(sources[16 * 32 + 16], OUTSIDE);
        // A square and its copy tilted by 45 degrees share 2 (sqrt 2 - 1) = 82.8 % of their area.
        let inside = sources.iter().filter(|&&source| source != OUTSIDE).count() as f64 / 1024.0;
        assert!((inside - 0.828).abs() < 0.02, "{inside}");
    }

    /// Made by `tests/parity/augment.py` (torchvision 0.24.0): SHA-256 of the indices as little-endian `u32`. The
    /// angles of 45 degrees, and 90 of a width that differs from the height by an odd number, are full of ties.
    #[test]
    fn the_same_pixels_are_picked_as_by_torchvision() {
        let cases: &[(usize, usize, f64, &str)] = &[
            (16, 16, 0.0, "8808405eec6fbe306fe3369f88daed79dd5613ddbb5e801f632b01d6218c5f08"),
            (16, 16, 30.5, "ac984e86dc0c102d005360c0a3ce8644b51dd98015f152fdd7d6b72b96579df8"),
            (16, 16, 45.0, "a9b102a6f36a126eb38f7570e56c5b08007739c6fe9a8eec4f89169d693ecbd3"),
            (16, 16, 90.0, "e712a0a99ddff92db6e9d0f281baf00add086c49651b79882208550b4edf2854"),
            (16, 16, 135.0, "65ffbfddece675943d958fb022b9dc80205ba3093287b36dc5476c91a04d7c11"),
            (16, 16, 137.25, "676281f9246999c88e648dd9d690f978f9e861fd7b8522e04ec40c1ec08662bc"),
            (16, 16, 180.0, "b455cb2867085116c3a899f2b11032c8dd34104431340ab7603a969e4e0ff036"),
            (16, 16, 225.0, "e96b0b8cde6ae912c7ab99ff8d57ba535d907f914134c4104b5f4a56c005ba5d"),
            (16, 16, 270.0, "0d3313129e4a3eb2f865e1b15ee76f88f417b80071939160bdf404581b74bd3a"),
            (16, 16, 271.3, "0d3313129e4a3eb2f865e1b15ee76f88f417b80071939160bdf404581b74bd3a"),
            (16, 16, 315.0, "c117f40334be8338725d7d38ce00e1c5154ab244c773668cbc6cc9d5e75549d8"),
            (33, 47, 0.0, "d14b0cf69261bb441c23b80f6b3a0d5331168d33b8d9702b377a6215500309f3"),
            (33, 47, 30.5, "7d061af5ec1bc80f87bd8dd0840f8af01d03a7ef02e49f10f4a245bf6c95bb46"),
            (33, 47, 45.0, "092e0acc5f0d6fc4d767bcf9079d7777dfda77c589d24573ae312deac9ca12ed"),
            (33, 47, 90.0, "009f0e6122205ad6ad8079ff0cc1ca38792601772e93b900c0a363d6a69a87e4"),
            (33, 47, 135.0, "3c29daa28ff44492f5c30fd98c3d04325ff6b029b072e2970fa20f3d71f33e7c"),
            (33, 47, 137.25, "3ccb964a1303552af836f90bc161c1b54676ca7f50d3e7956a45ccff95f09835"),
            (33, 47, 180.0, "48db82a5d8ee2f000200f706ae33b05d8c7746c3490789ccfdb038b53995ea06"),
            (33, 47, 225.0, "b0dad6a082c69984e02637cb0782d7ac8f9eb92b24eb7d6fbba22aa0402a5e0a"),
            (33, 47, 270.0, "6e790f501c7ebd4f6cf63767c672275fa2b85bdc27fa802ffcc35e70a7fa2bbb"),
            (33, 47, 271.3, "6e790f501c7ebd4f6cf63767c672275fa2b85bdc27fa802ffcc35e70a7fa2bbb"),
            (33, 47, 315.0, "c2422a815fbf51f6d56bb7d6d6e82087f8442904ad29875ab34e062f38dad31c"),
            (33, 46, 0.0, "9f692413957d704dbe3ad37ac7050fef5cef7429dafb6ddb4d8abb55827e4213"),
            (33, 46, 30.5, "3a4bd5a808246e67ea824e0c7cdbbb6b69c8b82f2a0f5fc3b95264806d938da7"),
            (33, 46, 45.0, "02d8c3d38a0f37f6125dfaa751a1706dcec63a642c0829b056dd16bf3dcd1b61"),
            (33, 46, 90.0, "8222250d8ee5f1ba99d5a5198c769b3a6c902277bf05153402142809f46aee0c"),
            (33, 46, 135.0, "86dc11e4a4456fc96e387ab5d15d477fc84f94215aa61e31f4a4497f1be259dd"),
            (33, 46, 137.25, "77ddc3a76a2bbb73d904c7b8f6800e9514eefc93783e2cb405b7a0b2ca1844c2"),
            (33, 46, 180.0, "6d01652618fde5a971853eb9a872fbd68e10744a7ccd4e1a5a18dbe24ac0973d"),
            (33, 46, 225.0, "9d5927452ead6517144e6f0e37f457b1753cd7f21806c46a5751170b9878cb15"),
            (33, 46, 270.0, "66bb7104a3ddcddcb4083d724669baaadc9b48b46cdbaa395bb847c5923b4c3e"),
            (33, 46, 271.3, "a71df744212aec0a53cc05ed608e288b46086f4b7e45d25bcdbeecb25cd9177b"),
            (33, 46, 315.0, "00aa91fcdf7e444491fdc49a6bdf567a3585375884a6c0bef56898a34562067a"),
            (64, 64, 0.0, "6b0751ba5e64fc9c13ddfb44778fa7d6a1f7d7aa9d6a5e38a1f0a1502c3fb9e3"),
            (64, 64, 30.5, "30ac8dcbf7bf7826363db08d7d7e02b2e5456bbb4a80a765fd6253ff447d944b"),
            (64, 64, 45.0, "b38b0a635db374a40dc1145fadc54b89c16872cab5d9c2cc47524507e900f9bf"),
            (64, 64, 90.0, "40f7028ebfde34db451bb888e52f6bdab1efca963dbedda9b08f62208cfce7bf"),
            (64, 64, 135.0, "29dfba659376f26c8a1d2bcfa7a628c63f45d936bb373a2abfc2cb6dbeb38ae2"),
            (64, 64, 137.25, "b7dcfda43d3208acab462893cde59b811bcf58975f09d528021cc28649103892"),
            (64, 64, 180.0, "c0ab86cb46919701f86799ccef47339974033e9faa2c3dee4f09b03614101d24"),
            (64, 64, 225.0, "6c538eb462dfd5ecf8d823807704650ccd7f613a3582303adb12f4aba8e79bf8"),
            (64, 64, 270.0, "ede8052d8c3fb0be4e31c8b83fcfbb64b019fbb2de4456af40ce8d8730d68ce5"),
            (64, 64, 271.3, "94f4ca5486acde3f4b0f973badb6525ed5dfa3b203d9ec290ed8eb2c2dfd3de4"),
            (64, 64, 315.0, "0f6bc677b875af5d0462731932f548ba1c01834277410a26b55584335cdb4ed4"),
            (256, 256, 0.0, "4a35a59aabf394adb1d83cda6d3c2e799553e35ba7e4ee55537c8add209532a7"),
            (256, 256, 30.5, "e3ba87d5bc0bf7162a29bcf40e7c75f30edb5db37f9983e69d7d9b67f8da75d2"),
            (256, 256, 45.0, "32b5d515ed9ecd4040f3427c817fef24bb5fa3f6c74fc522f5c140c6caeba064"),
            (256, 256, 90.0, "0d4352cfbc10c069ebd8b6740d1a8fc9f49f74b829f0b87821acb6c499e06b03"),
            (256, 256, 135.0, "b04a2bfc922f3d719c0567748f60b9c06ab10042750b5b70bd51d7736ba0523b"),
            (256, 256, 137.25, "59a554881a56ee89061c2709bc0ad26432f8a3560b028be9bf1da817ff408e54"),
            (256, 256, 180.0, "54f51c40833b70bd20568cd0575d6a233646a46aab235563cc4de4711f81dc5a"),
            (256, 256, 225.0, "c3c3ae9ae83723d1710c7127fdcab9af772a5bcf98d9810ad33cc52869efb0e9"),
            (256, 256, 270.0, "4f8994b24d40cc74c2d49b551b19e77b49a7f1a7e4807cc6b0688abca8b31a77"),
            (256, 256, 271.3, "a718c3c7fab384f275f1346836d689f3f2aa5f2ea6028b0e71fc02f4792331df"),
            (256, 256, 315.0, "91bf9054aea8483749087389f305236e9e5785ab448155f261e0e10ef28e4208"),
        ];
        for &(height, width, angle, expect) in cases {
            let bytes: Vec<u8> =
                sources(height, width, angle).into_iter().flat_map(u32::to_le_bytes).collect();
            assert_eq!(sha256(&bytes), expect, "{height}x{width} by {angle}");
        }
    }
}
