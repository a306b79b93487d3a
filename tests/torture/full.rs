//! A disk that is really full.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::holdings::Holdings;
use crate::long;
use crate::project::Project;
use crate::traces;

/// A small file system of its own; none where we may not mount one.
struct Disk {
    at: tempfile::TempDir,
}

impl Disk {
    fn mount() -> Option<Self> {
        let at = tempfile::Builder::new()
            .prefix("gate-disk-")
            .tempdir()
            .unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(at.path())
            .output();
        mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self { at })
    }

    /// Fills it, but for so many bytes.
    fn fill(&self, free: u64) -> PathBuf {
        let path = self.at.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(free)).unwrap();
        path
    }

    fn path(&self) -> &Path {
        self.at.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.at.path())
            .output();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let step = if long() { 4 } else { 32 };
    for free in (0..=160).step_by(step) {
        let Some(disk) = Disk::mount() else {
            eprintln!("no file system may be mounted here: only faults on order are tried");
            return;
        };
        let project = Project::within(disk.path());
        project.stage(
            "plan.gate",
            "phase p \"P\" {\n  gate g $ test -f file\n  commit feat \"p\"\n  tag \"v1\"\n}\n",
        );
        project.git(&["commit", "--quiet", "--message", "plan"]);
        project.stage("file", "1\n").write("file", "2\n");
        let before = Holdings::of(&project);
        let filler = disk.fill(free << 10);
        let answer = project.gate(&["run"]);
        fs::remove_file(filler).unwrap();
        let after = Holdings::of(&project);
        let name = format!("{free} KiB free, exit {}: {}", answer.code, answer.text());
        assert!(before == after, "{name}\n{}", before.difference(&after));
        let sealed = project.subjects().len() == 2;
        assert_eq!(!project.tags().is_empty(), sealed, "{name}");
        assert_eq!(answer.code, if sealed { 0 } else { 3 }, "{name}");
        project.gate(&["run"]).exits(0);
        assert_eq!(project.tags(), ["v1"], "{name}");
        let left = traces::left(&project);
        assert!(left.is_empty(), "{name}\n{left:?}");
    }
}
