//! Devices and the log.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};
use std::thread::{ThreadId, current};

use twinspect::ffi::*;

use super::parts::{fit, fitter};
use super::{LOG, fails, ok, sized, text};

#[test]
fn cpu_is_the_first_device_and_every_device_is_a_value_of_the_option() {
    let mut count = 0;
    ok(unsafe { tsp_device_count(&mut count) });
    assert!(count >= 1);
    let options = super::new_options();
    for index in 0..count {
        let mut device: tsp_device = sized();
        ok(unsafe { tsp_device_info(index, &raw mut device) });
        assert_eq!(text(device.option) == "cpu", index == 0);
        assert!(!text(device.name).is_empty());
        ok(unsafe { tsp_options_set_text(options.0, c"device".as_ptr(), device.option) });
    }
    let mut device: tsp_device = sized();
    for index in [count, u64::MAX] {
        fails(
            unsafe { tsp_device_info(index, &raw mut device) },
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "of them, from 0",
        );
    }
    assert!(device.option.is_null());
}

type Heard = Mutex<Vec<(ThreadId, i32, String)>>;

unsafe extern "C" fn hear(user_data: *mut c_void, level: i32, message: *const c_char) {
    let heard = unsafe { &*user_data.cast::<Heard>() };
    heard
        .lock()
        .unwrap()
        .push((current().id(), level, text(message)));
}

#[test]
fn log_hears_of_models_and_of_their_warnings_up_to_its_level() {
    for level in [TSP_LOG_OFF - 1, TSP_LOG_INFO + 1] {
        fails(
            unsafe { tsp_set_log(level, Some(hear), null_mut()) },
            tsp_status::TSP_E_INVALID_ARGUMENT,
            "0 off, 1 error",
        );
    }
    let Some(fitter) = fitter(2) else { return };
    let _alone = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let heard = Heard::default();
    // What the other tests do on their threads is heard too, and is none of this one's business.
    let heard_while = |level| {
        let user_data = (&raw const heard).cast_mut().cast();
        ok(unsafe { tsp_set_log(level, Some(hear), user_data) });
        fit(&fitter);
        ok(unsafe { tsp_set_log(TSP_LOG_OFF, None, null_mut()) });
        let mut heard = heard.lock().unwrap();
        heard.retain(|(thread, ..)| *thread == current().id());
        let own: Vec<_> = heard
            .drain(..)
            .map(|(_, level, text)| (level, text))
            .collect();
        own
    };
    let all = heard_while(TSP_LOG_INFO);
    assert_eq!(
        all[0],
        (
            TSP_LOG_INFO,
            "a model was fitted: good parts 2, groups 1".to_owned()
        )
    );
    let warnings = heard_while(TSP_LOG_WARNING);
    assert_eq!(warnings, all[1..]);
    let is_few = |(level, text): &(i32, String)| *level == TSP_LOG_WARNING && text.contains("few");
    assert!(warnings.iter().any(is_few), "{warnings:?}");
    assert_eq!(heard_while(TSP_LOG_ERROR), []);
}
