//! Which categories a folder has, and in which layout.

use std::path::{Path, PathBuf};

use twinspect::{Error, ErrorKind, Result};

use super::{Category, Layout, btad, folders, mvtec, plain, visa};

/// Categories that were found, not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub layout: Layout,
    /// Name and folder of each, sorted by name; for VisA's table the folder is that of all.
    places: Vec<(String, PathBuf)>,
    /// Folders that are no category, in a folder of categories.
    pub skipped: Vec<PathBuf>,
}

impl Found {
    /// What lies in `root`: a category, a folder of categories, or a data set with a table.
    ///
    /// Errors: `NotFound` if there is no such folder, or nothing in it that any layout knows; `InvalidArgument` for a file.
    pub fn in_folder(root: &Path) -> Result<Self> {
        check_folder(root)?;
        let found = |layout, places| Self {
            layout,
            places,
            skipped: Vec::new(),
        };
        if visa::is_at(root) {
            let places = visa::names(root)?.into_iter();
            let places = places.map(|name| (name, root.to_owned()));
            return Ok(found(Layout::Visa, places.collect()));
        }
        if let Some(layout) = layout_of(root) {
            return Ok(found(layout, vec![(folder_name(root), root.to_owned())]));
        }
        let (mut layout, mut places, mut skipped) = (None, Vec::new(), Vec::new());
        for folder in folders::subfolders(root)? {
            match (layout_of(&folder), layout) {
                (Some(its), None) => {
                    layout = Some(its);
                    places.push((folder_name(&folder), folder));
                }
                (Some(its), Some(layout)) if its == layout => {
                    places.push((folder_name(&folder), folder));
                }
                (Some(its), Some(layout)) => return Err(mixed(&places, layout, &folder, its)),
                (None, _) => skipped.push(folder),
            }
        }
        let layout = layout.ok_or_else(|| unknown(root))?;
        Ok(Self {
            skipped,
            ..found(layout, places)
        })
    }

    /// Only the categories of these names; all of them if there are no names.
    ///
    /// Errors: `InvalidArgument` for a name that no category has.
    pub fn only(mut self, names: &[String]) -> Result<Self> {
        for name in names {
            if !self.places.iter().any(|(known, _)| known == name) {
                let known: Vec<&str> = self.places.iter().map(|(name, _)| name.as_str()).collect();
                let near = nearest(&known, name);
                let message = format!("there is no category '{name}'");
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .at("--categories")
                    .hint(format!(
                        "The nearest is '{near}'; there are: {}.",
                        known.join(", ")
                    )));
            }
        }
        if !names.is_empty() {
            self.places.retain(|(name, _)| names.contains(name));
        }
        Ok(self)
    }

    /// The pictures of each category; where good parts are split in two, by this seed.
    ///
    /// Errors: `NotFound` for a folder that is missing or empty, `Format` of a table, `Io`.
    pub fn read(&self, seed: u64) -> Result<Vec<Category>> {
        let read = |(name, folder): &(String, PathBuf)| {
            let category = match self.layout {
                Layout::Mvtec => mvtec::read(name, folder),
                Layout::Visa => visa::read(name, folder),
                Layout::Btad => btad::read(name, folder),
                Layout::Plain => plain::read(name, folder, seed),
            }?;
            if category.tests.is_empty() {
                let message = format!("category '{name}' has no pictures to test");
                return Err(Error::new(ErrorKind::NotFound, message).at(folder));
            }
            Ok(category)
        };
        self.places
            .iter()
            .map(|place| {
                read(place).map_err(|error| {
                    error.hint("Other categories can be measured alone: --categories names them.")
                })
            })
            .collect()
    }
}

/// The name that is most like this one.
fn nearest<'a>(names: &[&'a str], wanted: &str) -> &'a str {
    let likeness = |name: &str| strsim::jaro_winkler(name, wanted);
    let names = names.iter().copied();
    names
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .unwrap_or_default()
}

fn check_folder(root: &Path) -> Result<()> {
    match std::fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Error::new(
            ErrorKind::InvalidArgument,
            "is a file, a folder of a data set is expected",
        )
        .at(root)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::NotFound, "the folder does not exist")
                .at(root)
                .hint("Check the spelling of the path."))
        }
        Err(error) => Err(Error::io(&error, "read the folder", root)),
    }
}

fn layout_of(folder: &Path) -> Option<Layout> {
    [
        (Layout::Mvtec, mvtec::is_at as fn(&Path) -> bool),
        (Layout::Btad, btad::is_at),
        (Layout::Plain, plain::is_at),
    ]
    .into_iter()
    .find_map(|(layout, is_at)| is_at(folder).then_some(layout))
}

/// Of `.` and `..` as well.
fn folder_name(folder: &Path) -> String {
    let whole = match folder.file_name() {
        Some(_) => folder.to_owned(),
        None => std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
    };
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}

fn mixed(places: &[(String, PathBuf)], layout: Layout, folder: &Path, its: Layout) -> Error {
    let message = format!(
        "the layout is {}, that of '{}' is {}",
        its.word(),
        places.first().map_or("", |(name, _)| name.as_str()),
        layout.word()
    );
    Error::new(ErrorKind::InvalidArgument, message)
        .at(folder)
        .hint("Evaluate folders of one layout at a time.")
}

fn unknown(root: &Path) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "no layout is known that has these folders",
    )
    .at(root)
    .hint(format!(
        "Looked for, here and in each subfolder: {}; {}; {}; and here {}.",
        mvtec::LOOKED_FOR,
        btad::LOOKED_FOR,
        plain::LOOKED_FOR,
        visa::LOOKED_FOR
    ))
}

#[cfg(test)]
mod tests {
    use super::super::folders::tests::{files, part};
    use super::*;

    #[test]
    fn folder_of_categories_reads_those_that_are_asked_for_and_names_the_rest() {
        let root = files(&[
            "nut/train/good/0.png",
            "nut/test/good/1.png",
            "bolt/train/good/0.png",
            "bolt/test/bent/1.png",
            "notes/readme.txt",
        ]);
        let found = Found::in_folder(root.path()).unwrap();
        assert_eq!(found.layout, Layout::Mvtec);
        assert_eq!(found.skipped, [root.path().join("notes")]);
        let names = |found: &Found| -> Vec<String> {
            let categories = found.read(0).unwrap();
            categories.into_iter().map(|one| one.name).collect()
        };
        assert_eq!(names(&found), ["bolt", "nut"]);
        let one = found.clone().only(&["nut".to_owned()]).unwrap();
        assert_eq!(names(&one), ["nut"]);
        let error = found.only(&["nutt".to_owned()]).unwrap_err();
        assert!(error.what_to_do().contains("nearest is 'nut'"), "{error}");
    }

    #[test]
    fn unknown_layout_lists_what_was_looked_for() {
        let root = files(&["something/else.png"]);
        let text = Found::in_folder(root.path()).unwrap_err().to_string();
        for words in ["train/good", "train/ok", "split_csv/1cls.csv", "bad"] {
            assert!(text.contains(words), "'{words}' is not in: {text}");
        }
    }

    #[test]
    fn nowhere_file_and_mixed_layouts_are_told_apart() {
        let root = files(&[
            "a/train/good/0.png",
            "a/test/good/0.png",
            "b/good/0.png",
            "b/bad/0.png",
        ]);
        let error = |path: &Path| Found::in_folder(path).unwrap_err();
        assert_eq!(error(&root.path().join("no")).kind(), ErrorKind::NotFound);
        let file = root.path().join("b/good/0.png");
        assert!(error(&file).message().contains("is a file"));
        let text = error(root.path()).to_string();
        assert!(text.contains("plain") && text.contains("mvtec"), "{text}");
    }

    #[test]
    fn category_without_pictures_to_test_is_an_error_that_names_it() {
        let root = files(&["nut/train/good/0.png", "nut/test/notes.txt"]);
        let found = Found::in_folder(&root.path().join("nut")).unwrap();
        let error = found.read(0).unwrap_err();
        assert!(error.message().contains("'nut'"), "{error}");
        assert_eq!(part(root.path(), error.place()), "nut");
    }
}
