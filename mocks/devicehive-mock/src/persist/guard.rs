//! The database panics at some of what can be wrong in a file. Here that is an error like any other.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is told as an error, and need not be printed.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what uses the database.
///
/// # Errors
/// Its own, and a panic. What was in use then must not be used again.
pub(super) fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                usual(info);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    outcome.unwrap_or_else(|panic| {
        let text = format!("its content is damaged: {}", said(&*panic));
        Err(io::Error::new(io::ErrorKind::InvalidData, text))
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("the database gave up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
        let texts = [
            guarded::<()>(|| panic!("page {} is not there", 7)).unwrap_err().to_string(),
            guarded::<()>(|| guarded(|| panic!("no page"))).unwrap_err().to_string(),
            guarded::<()>(|| Err(io::Error::other("no space"))).unwrap_err().to_string(),
        ];
        assert_eq!(texts[0], "its content is damaged: page 7 is not there");
        assert_eq!(texts[1], "its content is damaged: no page");
        assert_eq!(texts[2], "no space");
        assert!(!GUARDED.get());
    }
}
