//! Disks that are full, folders that are read-only or vanish: an error, the old file, and nothing left beside it.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use twinspect::ErrorKind;
use twinspect::files::replace;

use crate::skip::skip;
use crate::writer::{FIRST, SECOND, TARGET, command, prepare_models, prepare_variation};

/// A folder with what the job `once` needs, and an old file in the place of the new one.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let [model, _] = prepare_models(folder.path());
    let variation = prepare_variation(&folder.path().join(SECOND), "pixels", 3);
    std::fs::write(folder.path().join(FIRST), &model).unwrap();
    // Larger than what the tests below leave room for.
    assert!(model.len() > 16 << 10 && variation.len() > 16 << 10);
    std::fs::write(folder.path().join(TARGET), "the old one").unwrap();
    folder
}

/// Runs the job `once` after what a shell does, which is given the folder as `$1`.
fn refused_after(shell: &str, within: &[&str], folder: &Path) {
    let (program, arguments, environment) = command("once", folder);
    let script = format!("{shell}\nshift\nexec \"$@\"");
    let mut words = within.to_vec();
    words.extend(["sh", "-ec", &script, "sh", folder.to_str().unwrap()]);
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(program)
        .args(arguments)
        .envs(environment)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("refused"),
        "{said}{errors}"
    );
}

#[test]
fn file_that_may_not_grow_is_an_error_and_the_old_one_stays() {
    let folder = prepared();
    // 8 KiB in the units of sh; without the trap the system would end the process.
    refused_after("trap '' XFSZ; ulimit -f 16", &[], folder.path());
    let target = std::fs::read(folder.path().join(TARGET)).unwrap();
    assert_eq!(target, b"the old one");
}

/// A namespace in which file systems can be mounted, where this is allowed.
const MOUNTS: [&str; 4] = ["unshare", "--mount", "--propagation", "private"];

fn can_mount(what: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut probe = Command::new(MOUNTS[0]);
    probe.args(&MOUNTS[1..]);
    probe
        .args(["mount", "-t", "tmpfs", "none"])
        .arg(folder.path());
    let allowed = probe.output().is_ok_and(|output| output.status.success());
    if !allowed {
        skip(what, "no file system can be mounted here");
    }
    allowed
}

#[test]
fn full_disk_is_an_error_and_the_old_file_stays() {
    if !can_mount("a full disk") {
        return;
    }
    let mount = "mount -t tmpfs -o size=16k none \"$1/target\"; echo old >\"$1/target/part.twin\"";
    refused_after(mount, &MOUNTS, prepared().path());
}

#[test]
fn read_only_folder_is_an_error_and_the_old_file_stays() {
    if !can_mount("a read-only folder") {
        return;
    }
    let mount = "mount -t tmpfs none \"$1/target\"; echo old >\"$1/target/part.twin\"
        mount -o remount,ro \"$1/target\"";
    refused_after(mount, &MOUNTS, prepared().path());
}

#[test]
fn folder_that_vanishes_during_the_save_is_an_error_and_nothing_is_left_elsewhere() {
    let parent = tempfile::tempdir().unwrap();
    let (folder, gone) = (parent.path().join("here"), parent.path().join("gone"));
    let bytes = vec![7; 1 << 16];
    let is_over = AtomicBool::new(false);
    let (mut saved, mut broken) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for pause in (0..20).cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let _ = std::fs::create_dir(&folder);
                std::thread::sleep(Duration::from_micros(500 * pause));
                let _ = std::fs::rename(&folder, &gone);
                let _ = std::fs::remove_dir_all(&gone);
            }
        });
        let start = Instant::now();
        while (saved == 0 || broken < 5) && start.elapsed() < Duration::from_secs(60) {
            match replace("the scores", &folder.join("scores"), &bytes) {
                Ok(()) => saved += 1,
                Err(error) => {
                    let kind = error.kind();
                    assert!(
                        matches!(kind, ErrorKind::NotFound | ErrorKind::Io),
                        "{error}"
                    );
                    // The folder was there when the save began.
                    broken += usize::from(!error.what_to_do().is_empty());
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    println!("{saved} saved, {broken} broken off");
    assert!(saved > 0 && broken > 0);
    let left: Vec<_> = std::fs::read_dir(parent.path())
        .unwrap()
        .flatten()
        .collect();
    assert!(left.iter().all(|entry| entry.path().is_dir()), "{left:?}");
}
