//! A secret is in nothing that is shown or recorded, however it was written.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as loudly as they do"
)]

use std::ffi::OsString;
use std::time::Duration;

use gatelang::process::{Command, Finished, Interrupt, Keep, Transcript, run};
use gatelang::secret::Secrets;
use proptest::prelude::*;

fn secrets(values: &[&str]) -> Secrets {
    let secrets = Secrets::default();
    for value in values {
        assert!(secrets.add(value.as_bytes()), "{value}");
    }
    secrets
}

fn printing(script: &str, secrets: &Secrets, transcript: Option<Transcript>) -> Finished {
    let command = Command {
        program: "bash".into(),
        arg0: None,
        args: ["-c", script].map(OsString::from).to_vec(),
        dir: std::env::temp_dir(),
        env: [("PATH".into(), std::env::var_os("PATH").unwrap())]
            .into_iter()
            .collect(),
        timeout: Duration::from_secs(60),
        keep: Keep::Whole,
        secrets: secrets.clone(),
        transcript,
    };
    run(&command, &Interrupt::new()).unwrap()
}

#[test]
fn it_is_masked_in_the_forms_it_is_commonly_written_in() {
    let secrets = secrets(&["it's \"$ecret\"\nsecond line", "hunter2+/=~?x"]);
    for (text, masked) in [
        ("a hunter2+/=~?x b", "a *** b"),
        ("hunter2+/=~?xhunter2+/=~?x", "******"),
        ("hunter2+/=~?", "hunter2+/=~?"),
        ("it's \"$ecret\"\nsecond line.", "***."),
        // Each longer line of it.
        ("> second line <", "> *** <"),
        // JSON, a shell's quotes, a URL.
        (
            r#"{"k": "it's \"$ecret\"\nsecond line"}"#,
            r#"{"k": "***"}"#,
        ),
        ("'it'\\''s \"$ecret\"\nsecond line'", "'***'"),
        ("\"it's \\\"\\$ecret\\\"\nsecond line\"", "\"***\""),
        ("?t=hunter2%2B%2F%3D~%3Fx", "?t=***"),
        // base64 of it alone, of `user:` before it, and for URLs.
        ("aHVudGVyMisvPX4/eA==", "***A=="),
        ("dXNlcjpodW50ZXIyKy89fj94", "dXNlcjp***"),
        ("aHVudGVyMisvPX4_eA", "***A"),
    ] {
        assert_eq!(secrets.mask(text), masked, "{text}");
    }
}

#[test]
fn a_short_value_is_not_masked_and_says_so() {
    let secrets = Secrets::default();
    for short in ["", "abc", "  ab\n "] {
        assert!(!secrets.add(short.as_bytes()));
    }
    assert!(secrets.is_empty());
    assert_eq!(secrets.mask("abc"), "abc");
    assert_eq!(format!("{secrets:?}"), "Secrets(0)");
    assert!(secrets.add(b"abcd\n"));
    assert_eq!(secrets.mask("x abcd"), "x ***");
    assert!(!format!("{secrets:?}").contains("abcd"));
}

#[test]
fn masked_in_place_everything_else_stays_where_it_was() {
    let secrets = secrets(&["žluťoučký kůň 🐎", "plain"]);
    let text = "a plain\nžluťoučký kůň 🐎 z";
    let masked = secrets.mask_in_place(text).unwrap();
    assert_eq!(masked, "a *****\n·**·**·*·**··*🔒 z");
    assert_eq!(masked.len(), text.len());
    assert_eq!(masked.chars().count(), text.chars().count());
    assert_eq!(secrets.mask_in_place("nothing"), None);
}

#[test]
fn what_is_judged_is_what_was_written() {
    let secrets = secrets(&["hunter2-secret"]);
    let mut file = tempfile::tempfile().unwrap();
    let transcript = Transcript::new(file.try_clone().unwrap());
    // In two pieces, with the other stream between.
    let script = "printf 'a hunter2'; sleep 0.05; echo err hunter2-secret >&2; sleep 0.05; \
                  printf -- '-secret z'; printf 'hunter2' >&2";
    let finished = printing(script, &secrets, Some(transcript.clone()));
    assert_eq!(finished.stdout.whole().unwrap(), "a hunter2-secret z");
    assert_eq!(finished.stdout.head(), b"a *** z");
    assert_eq!(finished.stdout.tail_lines(5), ["a *** z"]);
    assert_eq!(finished.stdout.total(), 18);
    assert_eq!(finished.stderr.head(), b"err ***\nhunter2");
    assert!(!String::from_utf8_lossy(finished.output.head()).contains("secret"));
    assert_eq!(transcript.failure(), None);
    let mut kept = String::new();
    std::io::Seek::rewind(&mut file).unwrap();
    std::io::Read::read_to_string(&mut file, &mut kept).unwrap();
    assert_eq!(kept.matches("***").count(), 2, "{kept}");
    assert!(!kept.contains("-secret"), "{kept}");
}

#[test]
fn a_transcript_that_cannot_be_written_says_so() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let transcript = Transcript::new(full);
    let finished = printing("seq 1000", &Secrets::default(), Some(transcript.clone()));
    assert!(finished.exit.success());
    assert!(transcript.failure().unwrap().contains("No space"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// However a stream is cut, it is masked as if it had come in one piece.
    #[test]
    fn pieces_are_masked_as_a_whole(
        pieces in prop::collection::vec("(abcd|abcdef|cdefg|ab|cd|ef|g|x|\n){0,4}", 1..6),
    ) {
        let secrets = secrets(&["abcdef", "cdefg", "abcd"]);
        let script: Vec<String> = pieces.iter().map(|piece| format!("printf %s '{piece}'")).collect();
        let finished = printing(&script.join("; sleep 0.002; "), &secrets, None);
        let whole = pieces.concat();
        let masked = secrets.mask(&whole);
        prop_assert_eq!(String::from_utf8_lossy(finished.stdout.head()), masked);
        let written = finished.stdout.bytes().unwrap();
        prop_assert_eq!(written.as_ref(), whole.as_bytes());
    }
}
