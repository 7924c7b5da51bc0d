//! The library uses no network, and the program none but to get weights: with a kernel that kills whoever asks for a socket.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::c_program::{compile, said};
use crate::oracle::data;
use crate::parts::{defective, good, settings};
use crate::skip::skip;

/// The kernel knows no filter, or the processor is one that the program was not written for.
const NO_FILTER: i32 = 77;

const BAD_SYSTEM_CALL: i32 = libc::SIGSYS;

/// What a library imports from libc to reach a network, or to start a program that does.
const FORBIDDEN: [&str; 18] = [
    "accept",
    "accept4",
    "bind",
    "connect",
    "execv",
    "execve",
    "execvp",
    "fork",
    "getaddrinfo",
    "gethostbyname",
    "listen",
    "popen",
    "posix_spawn",
    "posix_spawnp",
    "recvfrom",
    "sendto",
    "socket",
    "system",
];

/// A folder of its own, with the program of `tests/c/offline.c` and an empty folder of weights.
struct Bench {
    folder: tempfile::TempDir,
    offline: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("weights")).unwrap();
        let offline = compile("offline", folder.path());
        Self { folder, offline }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// None if this machine cannot forbid anything.
    fn offline(&self, arguments: &[&str]) -> Option<Output> {
        let output = Command::new(&self.offline)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TWINSPECT_WEIGHTS", self.path("weights"))
            .output()
            .unwrap();
        if output.status.code() == Some(NO_FILTER) {
            skip("work without a network", said(&output));
            return None;
        }
        Some(output)
    }

    fn twinspect(&self, arguments: &[&str]) -> Option<Output> {
        self.offline(&[&["run", env!("CARGO_BIN_EXE_twinspect")], arguments].concat())
    }
}

#[test]
fn library_opens_no_socket_and_starts_no_program() {
    let bench = Bench::new();
    let backbone = data("backbones/tuple.pt").display().to_string();
    let Some(output) = bench.offline(&["use", &backbone, "part.twin"]) else {
        return;
    };
    assert!(output.status.success(), "{}", said(&output));
    assert!(bench.path("part.twin").exists());
}

#[test]
fn program_asks_for_a_socket_to_get_weights_and_for_nothing_else() {
    let bench = Bench::new();
    for (name, picture) in [("good", good(0)), ("bad", defective(1))] {
        std::fs::create_dir(bench.path(name)).unwrap();
        picture.save(bench.path(name).join("a.png")).unwrap();
    }
    let settings: Vec<String> = settings()
        .iter()
        .map(|(key, value)| format!("--set={key}={value}"))
        .collect();
    let mut fit = vec!["fit", "good", "-o", "part.twin"];
    fit.extend(settings.iter().map(String::as_str));
    let runs = [
        (fit, 0),
        (
            vec!["inspect", "part.twin", "bad", "--threshold", "0.001"],
            1,
        ),
        (vec!["info", "part.twin"], 0),
        (vec!["weights", "list"], 0),
        (vec!["weights", "verify"], 0),
        // The default network's weights are missing here.
        (vec!["fit", "good", "-o", "other.twin"], 2),
    ];
    for (arguments, status) in runs {
        let Some(output) = bench.twinspect(&arguments) else {
            return;
        };
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {}",
            said(&output)
        );
    }
    let killed = bench.twinspect(&["weights", "get", "resnet50"]).unwrap();
    assert_eq!(
        killed.status.signal(),
        Some(BAD_SYSTEM_CALL),
        "{}",
        said(&killed)
    );
}

#[test]
fn built_library_imports_nothing_that_reaches_a_network() {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libtwinspect.so");
    let Some(of_library) = imports(&library) else {
        return;
    };
    let forbidden: BTreeSet<String> = FORBIDDEN.map(str::to_owned).into();
    let found: Vec<_> = of_library.intersection(&forbidden).collect();
    assert!(found.is_empty(), "{} imports {found:?}", library.display());
    // The program does, by which it is known that the names would be found.
    let of_program = imports(Path::new(env!("CARGO_BIN_EXE_twinspect"))).unwrap();
    for name in ["socket", "getaddrinfo", "connect"] {
        assert!(
            of_program.contains(name),
            "the program does not import {name}"
        );
    }
}

/// Names that a file imports, without their versions; none if there is no `nm`.
fn imports(file: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("nm")
        .args(["-D", "--undefined-only"])
        .arg(file)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            skip("what the library imports", error);
            return None;
        }
    };
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let names: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .filter_map(|name| name.split('@').next())
        .map(str::to_owned)
        .collect();
    assert!(names.contains("malloc"), "{names:?}");
    Some(names)
}
