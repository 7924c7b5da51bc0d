//! Processes that write, to be killed or starved: this binary again, told by the environment what to do.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::ptr::null;

use twinspect::ffi::*;

use crate::caller::{Owned, c_path, last_message, loaded, new_result, ok, options, sized};
use crate::parts;

const JOB: &str = "TWINSPECT_JOB";
const FOLDER: &str = "TWINSPECT_FOLDER";

/// Names in the folder of a job: two files to be written in turn under a third name.
pub const FIRST: &str = "first";
pub const SECOND: &str = "second";
pub const TARGET: &str = "target/part.twin";

/// How this binary does a job in a folder, when it is started so.
pub fn command(job: &str, folder: &Path) -> (PathBuf, Vec<String>, Vec<(&'static str, String)>) {
    let arguments = ["writer::job", "--exact", "--ignored", "--nocapture"];
    let environment = vec![
        (JOB, job.to_owned()),
        (FOLDER, folder.to_str().unwrap().to_owned()),
        ("TMPDIR", folder.to_str().unwrap().to_owned()),
    ];
    (
        std::env::current_exe().unwrap(),
        arguments.map(str::to_owned).to_vec(),
        environment,
    )
}

/// A process that is at its job.
pub struct Writer {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Writer {
    /// Starts one, and waits until it begins to write.
    pub fn start(job: &str, folder: &Path) -> Self {
        let (program, arguments, environment) = command(job, folder);
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim() != "ready" {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "it did not begin");
        }
        Self { child, said }
    }

    /// Kills it with SIGKILL; how many times it had said that it was done with one.
    pub fn kill(mut self) -> usize {
        self.child.kill().unwrap();
        let lines = (&mut self.said).lines().map_while(Result::ok);
        let done = lines.filter(|line| line == "done").count();
        let status = self.child.wait().unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(libc::SIGKILL)
        );
        done
    }
}

/// Past the test runner, and at once.
fn say(word: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{word}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "a process of the other tests"]
fn job() {
    let (Ok(job), Some(folder)) = (std::env::var(JOB), std::env::var_os(FOLDER)) else {
        return;
    };
    let folder = PathBuf::from(folder);
    match &*job {
        "models" => save_models(&folder),
        "variations" => write_variations(&folder),
        "shadow" => compare(&folder),
        "once" => fail_to_save(&folder),
        other => panic!("there is no job '{other}'"),
    }
}

fn save_models(folder: &Path) {
    let models = [FIRST, SECOND].map(|name| loaded(&folder.join(name)));
    let path = c_path(&folder.join(TARGET));
    say("ready");
    for model in models.iter().cycle() {
        ok(unsafe { tsp_model_save(model.0, path.as_ptr()) });
    }
}

pub fn variation(path: &Path, options: *const tsp_options) -> Owned<tsp_variation> {
    let path = c_path(path);
    Owned::new(
        |out| unsafe { tsp_variation_read(path.as_ptr(), options, out) },
        tsp_variation_clear,
    )
}

fn write_variations(folder: &Path) {
    let models = [FIRST, SECOND].map(|name| variation(&folder.join(name), null()));
    let path = c_path(&folder.join(TARGET));
    say("ready");
    for model in models.iter().cycle() {
        ok(unsafe { tsp_variation_write(model.0, path.as_ptr()) });
    }
}

/// Compares with both engines, whose shadow is written beside; says so of each picture.
fn compare(folder: &Path) {
    let shadow = folder.join("shadow");
    let options = options(&[
        ("variation.engine", "both"),
        ("shadow.folder", shadow.to_str().unwrap()),
        ("shadow.pictures", "1000000"),
    ]);
    let variation = variation(&folder.join(FIRST), options.0);
    let result = new_result();
    let pictures = [parts::defective(100), parts::good(100)].map(gray);
    say("ready");
    for pixels in pictures.iter().cycle() {
        let image = gray8(pixels);
        ok(unsafe { tsp_variation_compare(variation.0, &raw const image, null(), result.0) });
        say("done");
    }
}

pub fn gray(picture: image::RgbImage) -> Vec<u8> {
    picture.pixels().map(|pixel| pixel.0[0]).collect()
}

pub fn gray8(pixels: &[u8]) -> tsp_image {
    let mut image: tsp_image = sized();
    let (width, height) = parts::SIZE;
    let data = pixels.as_ptr().cast();
    ok(unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_GRAY8, width, height, data, 0) });
    image
}

/// What a folder holds, by name.
pub fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut content: Vec<_> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    content.sort_unstable();
    content
}

/// Where nothing can be written, both kinds of files are refused in words, and all stays as it was.
fn fail_to_save(folder: &Path) {
    let model = loaded(&folder.join(FIRST));
    let variation = variation(&folder.join(SECOND), null());
    let target = folder.join(TARGET);
    let before = content(target.parent().unwrap());
    let path = c_path(&target);
    let save = || unsafe { tsp_model_save(model.0, path.as_ptr()) };
    let write = || unsafe { tsp_variation_write(variation.0, path.as_ptr()) };
    for save in [&save as &dyn Fn() -> tsp_status, &write] {
        assert_eq!(save(), tsp_status::TSP_E_IO, "{}", last_message());
        let message = last_message();
        assert!(message.starts_with(target.to_str().unwrap()), "{message}");
        assert!(message.ends_with("is as it was."), "{message}");
        assert_eq!(content(target.parent().unwrap()), before);
    }
    say("refused");
}

/// Two files of models, in turn of the first and of the second.
pub fn prepare_models(folder: &Path) -> [Vec<u8>; 2] {
    std::fs::create_dir(folder.join("target")).unwrap();
    [(FIRST, 4), (SECOND, 9)].map(|(name, count)| {
        let path = folder.join(name);
        let model = crate::caller::model(count);
        ok(unsafe { tsp_model_save(model.0, c_path(&path).as_ptr()) });
        std::fs::read(path).unwrap()
    })
}

/// A variation model that calls all gray values good, of both engines or of gray values alone.
pub fn prepare_variation(path: &Path, engine: &str, count: u64) -> Vec<u8> {
    let options = options(&[("variation.engine", engine)]);
    let (width, height) = parts::SIZE;
    let (kind, mode) = (TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_MODE_STANDARD);
    let variation = Owned::new(
        |out| unsafe { tsp_variation_create(width, height, kind, mode, options.0, out) },
        tsp_variation_clear,
    );
    let pictures: Vec<_> = parts::good_parts(count).into_iter().map(gray).collect();
    let images: Vec<_> = pictures.iter().map(|pixels| gray8(pixels)).collect();
    let pointers: Vec<*const tsp_image> = images.iter().map(std::ptr::from_ref).collect();
    let (absolute, relative) = ([255.0; 2], [0.0; 2]);
    unsafe {
        ok(tsp_variation_train(variation.0, pointers.as_ptr(), count));
        ok(tsp_variation_prepare(
            variation.0,
            absolute.as_ptr(),
            relative.as_ptr(),
        ));
        ok(tsp_variation_write(variation.0, c_path(path).as_ptr()));
    }
    std::fs::read(path).unwrap()
}
