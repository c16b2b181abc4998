//! An archive that is a file.

use std::fmt;
use std::path::{Path, PathBuf};

use rawzip::{FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::check;
use super::limits::Limits;
use super::member::{self, Member, damaged};
use crate::dataset::DatasetError;

/// An archive whose entries were all checked. Any number of threads may read it.
pub(in crate::dataset) struct Archive {
    path: PathBuf,
    zip: ZipArchive<FileReader>,
    members: Vec<Member>,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Archive {
    /// Opens the archive at `path` and checks every entry of it.
    ///
    /// # Errors
    /// [`DatasetError::Archive`] with what is wrong with it; what the file system does.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        Self::open_within(path, &Limits::DEFAULT)
    }

    fn open_within(path: &Path, limits: &Limits) -> Result<Self, DatasetError> {
        let refused = |problem: String| DatasetError::Archive { path: path.to_owned(), problem };
        let (file, _) = fs_err::File::open(path)?.into_parts();
        let length = file.metadata()?.len();
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let zip = ZipArchive::from_file(file, &mut buffer).map_err(|error| refused(damaged(&error)))?;
        let members = check::members(&zip, length, limits).map_err(refused)?;
        Ok(Self { path: path.to_owned(), zip, members })
    }

    /// Its files, in its order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// All bytes of a file of it.
    ///
    /// # Errors
    /// A sentence that says why it can't be read.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, String> {
        let member = self.members.get(index).ok_or_else(|| format!("has no file {index}"))?;
        member::read(&self.zip, member)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;
    use crate::dataset::archive::probe;

    /// An archive of these files, by the writer of another library.
    fn packed(files: &[(&str, Vec<u8>)], options: SimpleFileOptions) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, options).expect("a new entry");
            writer.write_all(bytes).expect("memory to write to");
        }
        writer.finish().expect("an archive").into_inner()
    }

    fn deflated() -> SimpleFileOptions {
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
    }

    fn open(bytes: &[u8], limits: &Limits) -> Result<Archive, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.zip");
        fs_err::write(&path, bytes).expect("a writable folder");
        Archive::open_within(&path, limits).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(bytes: &[u8], expect: &str) {
        let error = open(bytes, &Limits::DEFAULT).expect_err(expect);
        assert!(error.contains(expect), "{error}");
        assert!(probe(bytes).is_err());
    }

    /// Offsets at which the bytes `what` stand.
    fn places(bytes: &[u8], what: &[u8]) -> Vec<usize> {
        (0..bytes.len().saturating_sub(what.len())).filter(|at| bytes[*at..].starts_with(what)).collect()
    }

    /// The archive with every `from` replaced by `to`, which is as long.
    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for at in places(&bytes, from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        bytes
    }

    const DIRECTORY: &[u8] = b"PK\x01\x02";

    #[test]
    fn stored_and_deflated_files_are_read_by_many_threads() {
        use rayon::prelude::*;
        let files: Vec<(String, Vec<u8>)> = (0..50)
            .map(|i| (format!("d/{i}.bin"), (0..5000_u32).map(|j| (j * i % 251) as u8).collect()))
            .collect();
        for options in
            [deflated(), SimpleFileOptions::default().compression_method(CompressionMethod::Stored)]
        {
            let list: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
            let archive = open(&packed(&list, options), &Limits::DEFAULT).unwrap();
            assert_eq!(archive.members().len(), 50);
            (0..50).into_par_iter().for_each(|at| {
                assert_eq!(archive.members()[at].name, files[at].0);
                assert_eq!(archive.read(at).unwrap(), files[at].1);
            });
        }
    }

    #[test]
    fn hostile_names_are_refused_by_name() {
        let plain = packed(&[("abcdefgh.jpg", b"x".to_vec())], deflated());
        for (name, expect) in [
            ("../cdefg.jpg", "entry \"../cdefg.jpg\" leaves the archive's folder"),
            ("/bcdefgh.jpg", "has an absolute path"),
            ("a\\..\\fgh.jpg", "has a backslash"),
            ("C:/defgh.jpg", "has a drive letter"),
            ("abc\x1b[31m.jpg", "entry \"abc\\u{1b}[31m.jpg\" has control characters"),
        ] {
            refused(&replaced(&plain, b"abcdefgh.jpg", name.as_bytes()), expect);
        }
        refused(&replaced(&plain, b"abcdefgh.jpg", b"abcd\xff\xfegh.jpg"), "is not Unicode");
        // Another name in the directory than where the bytes are.
        let mut two = plain.clone();
        let at = places(&two, b"abcdefgh.jpg")[0];
        two[at] = b'z';
        refused(&two, "has another name where its bytes are");
    }

    #[test]
    fn links_devices_and_encrypted_entries_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("a.jpg", "/etc/passwd", deflated()).unwrap();
        refused(&writer.finish().unwrap().into_inner(), "entry \"a.jpg\" is a symbolic link");
        let plain = packed(&[("a.jpg", b"x".to_vec())], deflated().unix_permissions(0o644));
        let directory = places(&plain, DIRECTORY)[0];
        let mut pipe = plain.clone();
        // Unix modes stand in the upper half of the external attributes, at 38 of an entry of the directory.
        pipe[directory + 41] = 0o010_000_u16.to_be_bytes()[0];
        refused(&pipe, "is neither a file nor a folder");
        let mut encrypted = plain.clone();
        encrypted[directory + 8] |= 1;
        refused(&encrypted, "is encrypted");
        let mut odd = plain.clone();
        odd[directory + 10] = 12;
        refused(&odd, "is packed by method 12");
    }

    #[test]
    fn entries_that_are_there_twice_or_share_bytes_are_refused() {
        let two = packed(&[("aa.jpg", vec![1; 100]), ("ab.jpg", vec![1; 100])], deflated());
        refused(&replaced(&two, b"ab.jpg", b"aa.jpg"), "entry \"aa.jpg\" is there twice");
        // The second entry's bytes are the first one's: of the same name there, so that only the overlap is wrong.
        let mut shared = two.clone();
        let [first, second] = places(&two, DIRECTORY)[..] else { panic!("two entries") };
        let offset: [u8; 4] = two[first + 42..first + 46].try_into().unwrap();
        shared[second + 42..second + 46].copy_from_slice(&offset);
        refused(&shared, "has another name where its bytes are");
        let nested = replaced(&two, b"aa.jpg", b"aa.jpg");
        let mut longer = nested.clone();
        let packed_size = u32::from_le_bytes(two[first + 20..first + 24].try_into().unwrap()) + 10;
        longer[first + 20..first + 24].copy_from_slice(&packed_size.to_le_bytes());
        refused(&longer, "share bytes: a zip bomb");
        let mut beyond = two.clone();
        beyond[second + 20..second + 24].copy_from_slice(&(packed_size + 5000).to_le_bytes());
        refused(&beyond, "reaches beyond the end of the entries");
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let zeros = packed(&[("a.png", vec![0; 5 << 20])], deflated());
        refused(&zeros, "times as many: a zip bomb");
        // A lie about the size doesn't help: no more is unpacked than is told.
        let directory = places(&zeros, DIRECTORY)[0];
        let mut lie = zeros.clone();
        lie[directory + 24..directory + 28].copy_from_slice(&1000_u32.to_le_bytes());
        let archive = open(&lie, &Limits::DEFAULT).unwrap();
        let problem = archive.read(0).unwrap_err();
        assert!(problem.contains("1000") || problem.contains("unpacked"), "{problem}");
        let mut more = packed(&[("a.png", b"0123456789".to_vec())], deflated());
        let directory = places(&more, DIRECTORY)[0];
        more[directory + 24..directory + 28].copy_from_slice(&1000_u32.to_le_bytes());
        assert!(open(&more, &Limits::DEFAULT).unwrap().read(0).is_err());
        let many = Limits { entries: 2, ..Limits::DEFAULT };
        let three = packed(&[("a", vec![]), ("b", vec![]), ("c", vec![])], deflated());
        assert!(open(&three, &many).unwrap_err().contains("3 entries; at most 2"));
        let small = Limits { total: 150, ..Limits::DEFAULT };
        let two = packed(&[("a", vec![1; 100]), ("b", vec![2; 100])], deflated());
        assert!(open(&two, &small).unwrap_err().contains("unpacks to more than 150 bytes"));
        let small = Limits { entry: 50, ..Limits::DEFAULT };
        assert!(open(&two, &small).unwrap_err().contains("unpacks to 100 bytes; at most 50"));
    }

    #[test]
    fn lies_of_the_directory_are_told() {
        let two = packed(&[("a", vec![1; 100]), ("b", vec![2; 100])], deflated());
        let end = places(&two, b"PK\x05\x06")[0];
        let mut fewer = two.clone();
        fewer[end + 10] = 1;
        refused(&fewer, "entries");
        // Sizes of 4 GiB and more stand in a field of their own; one without it is a lie.
        let directory = places(&two, DIRECTORY)[0];
        let mut lie = two.clone();
        lie[directory + 24..directory + 28].copy_from_slice(&[0xff; 4]);
        refused(&lie, "unpacks");
        refused(b"no archive at all", "is damaged: missing end of central directory");
        refused(&two[..two.len() - 30], "is damaged");
        let mut damaged = two;
        damaged[40] ^= 0x55;
        assert!(open(&damaged, &Limits::DEFAULT).map_or(true, |archive| archive.read(0).is_err()));
    }
}
