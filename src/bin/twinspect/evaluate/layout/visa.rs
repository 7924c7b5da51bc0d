//! VisA as it is published: `split_csv/1cls.csv` names every picture, its object, split, label and mask.

use std::path::{Path, PathBuf};

use csv::{Reader, StringRecord};
use twinspect::{Error, ErrorKind, Result};

use super::{Category, GOOD, TestPicture};

pub const LOOKED_FOR: &str = "split_csv/1cls.csv (VisA)";

/// The kind of a defective picture: the table knows one.
const DEFECTIVE: &str = "bad";

/// Whether the folder has the table.
pub fn is_at(folder: &Path) -> bool {
    table(folder).is_file()
}

/// The objects of the table, sorted. Errors: those of [`read`].
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = rows(folder)?.into_iter().map(|row| row.object).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Errors: `Format` with the line, for a column, a split or a label that is not as it should be; `Io`.
pub fn read(name: &str, folder: &Path) -> Result<Category> {
    let (mut normal, mut tests) = (Vec::new(), Vec::new());
    for row in rows(folder)?.into_iter().filter(|row| row.object == name) {
        let path = folder.join(row.image);
        match (row.is_train, row.is_defective) {
            (true, false) => normal.push(path),
            // The one-class split fits good parts alone.
            (true, true) => {}
            (false, is_defective) => tests.push(TestPicture {
                path,
                kind: if is_defective { DEFECTIVE } else { GOOD }.to_owned(),
                is_defective,
                mask: row
                    .mask
                    .filter(|_| is_defective)
                    .map(|mask| folder.join(mask)),
            }),
        }
    }
    if normal.is_empty() {
        let message = format!("the table has no good parts of '{name}' to fit");
        return Err(Error::new(ErrorKind::NotFound, message).at(table(folder)));
    }
    normal.sort();
    tests.sort_by(|a, b| (&a.kind, &a.path).cmp(&(&b.kind, &b.path)));
    Ok(Category {
        name: name.to_owned(),
        normal,
        tests,
    })
}

fn table(folder: &Path) -> PathBuf {
    folder.join("split_csv").join("1cls.csv")
}

struct Row {
    object: String,
    is_train: bool,
    is_defective: bool,
    image: String,
    mask: Option<String>,
}

fn rows(folder: &Path) -> Result<Vec<Row>> {
    let path = table(folder);
    let wrong = |message: String| Error::new(ErrorKind::Format, message).at(&path);
    let mut reader = Reader::from_path(&path).map_err(|error| wrong(error.to_string()))?;
    let headers = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let column = |name: &str| {
        let place = headers.iter().position(|header| header.trim() == name);
        place.ok_or_else(|| wrong(format!("the table has no column '{name}'")))
    };
    let columns = [
        column("object")?,
        column("split")?,
        column("label")?,
        column("image")?,
        column("mask")?,
    ];
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let line = record.position().map_or(0, |position| position.line());
        let row = row(&record, columns);
        rows.push(row.map_err(|message| wrong(format!("line {line}: {message}")))?);
    }
    Ok(rows)
}

fn row(record: &StringRecord, columns: [usize; 5]) -> std::result::Result<Row, String> {
    let [object, split, label, image, mask] =
        columns.map(|column| record.get(column).unwrap_or_default().trim());
    let one_of = |value: &str, no: &str, yes: &str| match value {
        _ if value == no => Ok(false),
        _ if value == yes => Ok(true),
        _ => Err(format!("'{value}' is neither '{no}' nor '{yes}'")),
    };
    if object.is_empty() || image.is_empty() {
        return Err("the object or the image is empty".to_owned());
    }
    Ok(Row {
        object: object.to_owned(),
        is_train: one_of(split, "test", "train")?,
        is_defective: one_of(label, "normal", "anomaly")?,
        image: image.to_owned(),
        mask: (!mask.is_empty()).then(|| mask.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::folders::tests::{files, part, told};
    use super::*;

    fn with_table(text: &str) -> tempfile::TempDir {
        let root = files(&["split_csv/1cls.csv"]);
        std::fs::write(table(root.path()), text).unwrap();
        root
    }

    #[test]
    fn table_names_objects_good_parts_tests_and_masks() {
        let root = with_table(
            "object,split,label,image,mask\n\
             pcb1,train,normal,pcb1/Data/Images/Normal/1.JPG,\n\
             pcb1,train,normal,pcb1/Data/Images/Normal/0.JPG,\n\
             pcb1,test,normal,pcb1/Data/Images/Normal/2.JPG,\n\
             pcb1,test,anomaly,pcb1/Data/Images/Anomaly/0.JPG,pcb1/Data/Masks/Anomaly/0.png\n\
             candle,train,normal,candle/0.JPG,\n",
        );
        assert!(is_at(root.path()));
        assert_eq!(names(root.path()).unwrap(), ["candle", "pcb1"]);
        let category = read("pcb1", root.path()).unwrap();
        assert_eq!(category.normal.len(), 2);
        assert_eq!(
            part(root.path(), &category.normal[0]),
            "pcb1/Data/Images/Normal/0.JPG"
        );
        let told = told(root.path(), &category.tests);
        assert_eq!(told[0].1, "BAD");
        assert_eq!(told[0].2.as_deref(), Some("pcb1/Data/Masks/Anomaly/0.png"));
        assert_eq!((told[1].1.as_str(), told[1].2.as_ref()), ("good", None));
    }

    #[test]
    fn table_that_is_wrong_is_told_where() {
        for (text, words) in [
            ("object,split,label,image\n", "no column 'mask'"),
            (
                "object,split,label,image,mask\npcb1,val,normal,a.JPG,\n",
                "line 2: 'val' is neither 'test' nor 'train'",
            ),
            (
                "object,split,label,image,mask\npcb1,test,normal,,\n",
                "is empty",
            ),
            ("object,split,label,image,mask\npcb1,test\n", "1cls.csv"),
        ] {
            let root = with_table(text);
            let text = names(root.path()).unwrap_err().to_string();
            assert!(text.contains(words), "'{words}' is not in: {text}");
        }
    }
}
