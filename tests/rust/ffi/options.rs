//! Options: values, texts and buffers, the table.

use std::ffi::{CStr, CString};
use std::ptr::null_mut;

use twinspect::ffi::*;
use twinspect::options::TABLE;

use super::{fails, new_options, ok, sized, text};

fn value(options: *const tsp_options, key: &CStr) -> String {
    let mut needed = 0;
    ok(unsafe { tsp_options_get_text(options, key.as_ptr(), null_mut(), 0, &mut needed) });
    let mut buffer = vec![0; needed as usize];
    ok(unsafe {
        tsp_options_get_text(
            options,
            key.as_ptr(),
            buffer.as_mut_ptr(),
            needed,
            null_mut(),
        )
    });
    assert_eq!(*buffer.last().unwrap(), 0, "needed counts the NUL");
    text(buffer.as_ptr())
}

#[test]
fn options_of_each_type_are_set_and_read() {
    let options = new_options();
    ok(unsafe { tsp_options_set_int(options.0, c"input.size".as_ptr(), 256) });
    ok(unsafe { tsp_options_set_int(options.0, c"map.sigma".as_ptr(), 2) });
    ok(unsafe { tsp_options_set_float(options.0, c"statistics.epsilon".as_ptr(), 0.25) });
    ok(unsafe { tsp_options_set_text(options.0, c"matcher".as_ptr(), c"none".as_ptr()) });
    ok(unsafe { tsp_options_set_text(options.0, c"groups.size".as_ptr(), c"30".as_ptr()) });
    let keys = [
        c"input.size",
        c"map.sigma",
        c"statistics.epsilon",
        c"matcher",
        c"groups.size",
        c"device",
    ];
    assert_eq!(
        keys.map(|key| value(options.0, key)),
        ["256", "2", "0.25", "none", "30", "cpu"]
    );
}

#[test]
fn wrong_values_are_refused_and_change_nothing() {
    let options = new_options();
    let invalid = tsp_status::TSP_E_INVALID_ARGUMENT;
    fails(
        unsafe { tsp_options_set_int(options.0, c"input.size".as_ptr(), -1) },
        invalid,
        "0 to 32768",
    );
    fails(
        unsafe { tsp_options_set_float(options.0, c"input.size".as_ptr(), 64.0) },
        invalid,
        "whole number",
    );
    fails(
        unsafe { tsp_options_set_float(options.0, c"map.sigma".as_ptr(), f64::NAN) },
        invalid,
        "NaN",
    );
    fails(
        unsafe { tsp_options_set_int(options.0, c"matcher".as_ptr(), 1) },
        invalid,
        "none, backbone",
    );
    fails(
        unsafe { tsp_options_set_text(options.0, c"map.sigma".as_ptr(), c"0,5".as_ptr()) },
        invalid,
        "'0,5'",
    );
    fails(
        unsafe { tsp_options_set_text(options.0, c"inputsize".as_ptr(), c"1".as_ptr()) },
        invalid,
        "'input.size'",
    );
    fails(
        unsafe { tsp_options_set_text(options.0, c"device".as_ptr(), c"\xff".as_ptr()) },
        invalid,
        "UTF-8",
    );
    let keys = [c"input.size", c"map.sigma", c"matcher", c"device"];
    assert_eq!(
        keys.map(|key| value(options.0, key)),
        ["320", "0", "backbone", "cpu"]
    );
}

#[test]
fn recipe_is_applied_by_name_and_a_setting_afterwards_wins() {
    let options = new_options();
    ok(unsafe { tsp_options_set_int(options.0, c"input.size".as_ptr(), 256) });
    ok(unsafe { tsp_options_apply_recipe(options.0, c"paper".as_ptr()) });
    ok(unsafe { tsp_options_set_text(options.0, c"matcher".as_ptr(), c"xfeat".as_ptr()) });
    let keys = [c"input.size", c"backbone", c"groups.size", c"matcher"];
    let expected = ["256", "resnet50", "25", "xfeat"];
    assert_eq!(keys.map(|key| value(options.0, key)), expected);

    for name in [c"papr", c"", c"Paper"] {
        fails(
            unsafe { tsp_options_apply_recipe(options.0, name.as_ptr()) },
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "not one of default, registered, paper",
        );
    }
    fails(
        unsafe { tsp_options_apply_recipe(options.0, c"\xff".as_ptr()) },
        tsp_status::TSP_E_INVALID_ARGUMENT,
        "UTF-8",
    );
    assert_eq!(keys.map(|key| value(options.0, key)), expected);
}

#[test]
fn buffer_too_small_stays_as_it_is_and_needed_is_written() {
    let options = new_options();
    let (mut buffer, mut needed) = ([7; 8], 0);
    let key = c"backbone".as_ptr();
    let status =
        unsafe { tsp_options_get_text(options.0, key, buffer.as_mut_ptr(), 8, &mut needed) };
    fails(status, tsp_status::TSP_E_BUFFER_TOO_SMALL, "8 bytes");
    assert_eq!(
        (buffer, needed as usize),
        ([7; 8], "efficientnet-lite0\0".len())
    );
    let status = unsafe {
        tsp_options_get_text(options.0, key, buffer.as_mut_ptr(), needed - 1, null_mut())
    };
    fails(status, tsp_status::TSP_E_BUFFER_TOO_SMALL, "19 are needed");
}

#[test]
fn table_tells_every_option() {
    assert_eq!(unsafe { tsp_option_count() }, TABLE.len() as u64);
    let options = new_options();
    for (index, spec) in TABLE.iter().enumerate() {
        let mut row: tsp_option = sized();
        ok(unsafe { tsp_option_info(index as u64, &raw mut row) });
        assert_eq!(
            (text(row.key), text(row.help)),
            (spec.key.to_owned(), spec.help.to_owned())
        );
        assert_eq!(text(row.default_value), spec.default);
        assert!((TSP_TYPE_INT..=TSP_TYPE_TEXT).contains(&row.r#type));
        assert!([TSP_SCOPE_FIT, TSP_SCOPE_RUN].contains(&row.scope));
        assert_eq!(
            row.r#type == TSP_TYPE_CHOICE,
            !text(row.choices).is_empty(),
            "{}",
            spec.key
        );
        assert_eq!(
            matches!(row.r#type, TSP_TYPE_INT | TSP_TYPE_FLOAT),
            row.min < row.max,
            "{}",
            spec.key
        );
        let key = CString::new(spec.key).unwrap();
        ok(unsafe { tsp_options_set_text(options.0, key.as_ptr(), row.default_value) });
    }
    let mut row: tsp_option = sized();
    for index in [TABLE.len() as u64, u64::MAX] {
        fails(
            unsafe { tsp_option_info(index, &raw mut row) },
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "there are 0 to",
        );
        assert!(row.key.is_null());
    }
}
