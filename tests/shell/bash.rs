//! Values put into commands that a real bash runs.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use gatelang::shell::{
    Context, quote_after_name, quote_bare, quote_comment, quote_double, quote_glued, quote_single,
    quote_word,
};
use gatelang::value::Value;
use proptest::prelude::*;

use crate::scanned;

/// The text with a value in place of each interpolation, or nothing where one is refused.
fn filled(text: &str, value: &str) -> Option<String> {
    let scan = scanned(text);
    let mut out = String::new();
    for (index, piece) in text.split("@@").enumerate() {
        if index > 0 {
            out.push_str(&match scan.contexts[index - 1] {
                Context::Bare => quote_word(value),
                Context::Glued => quote_glued(&Value::String(value.to_owned())).unwrap(),
                Context::Double => quote_double(value),
                Context::AfterName => quote_after_name(value),
                Context::Comment => quote_comment(value),
                Context::Single => quote_single(value),
                Context::Impossible { .. } => return None,
            });
        }
        out.push_str(piece);
    }
    Some(out)
}

/// Strings made mostly of what a shell finds interesting.
fn nasty() -> impl Strategy<Value = String> {
    let signs = vec![
        "'",
        "\"",
        "\\",
        "$",
        "`",
        "\n",
        " ",
        "\t",
        "\r",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "|",
        "&",
        ";",
        "#",
        "!",
        "*",
        "?",
        "~",
        "=",
        ",",
        "..",
        "-",
        "%",
        "^",
        ":",
        "@",
        "$(touch x)",
        "`touch x`",
        "${HOME}",
        "'\\''",
        "\\\n",
        "EOF",
        "\u{1b}",
        "\u{7f}",
        "\u{85}",
    ];
    let words = vec![
        "if",
        "fi",
        "case",
        "esac",
        "in",
        "]]",
        "[[",
        "-f",
        "-n",
        "-v",
        "-eq",
        "a=b",
        "~root",
        "1",
        "2",
        "x",
        "a[$(touch x)]",
        "--",
        "root",
        "time",
        "function",
    ];
    let piece = prop_oneof![
        4 => "[^\\x00]{1,3}",
        6 => prop::sample::select(signs).prop_map(str::to_owned),
        2 => prop::sample::select(words).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Runs a script with bash and gives the fields, each ended by NUL, of what it prints.
fn bash(script: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\nof\n{script}",
        String::from_utf8_lossy(&output.stderr)
    );
    let made = folder.path().read_dir().unwrap().count();
    assert_eq!(made, 0, "files were made by\n{script}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut fields: Vec<_> = text.split('\0').map(str::to_owned).collect();
    assert_eq!(fields.pop().unwrap(), "", "{script}");
    fields
}

/// Commands that print a value, and what they print around it.
const FRAMES: &[(&str, &str, &str)] = &[
    ("printf '%s\\0' [@@]", "[", "]"),
    ("printf '%s\\0' {@@}", "{", "}"),
    ("printf '%s\\0' ~@@", "~", ""),
    ("x=1; printf '%s\\0' $x@@", "1", ""),
    ("x=1; printf '%s\\0' \"$x@@\"", "1", ""),
    ("i=1; printf '%s\\0' @@>&1", "", ""),
    ("# it's @@\nprintf '%s\\0' \"@@\" # @@", "", ""),
    ("printf '%s\\0' @@", "", ""),
    ("printf '%s\\0' pre@@post", "pre", "post"),
    ("printf '%s\\0' --x=@@", "--x=", ""),
    ("printf '%s\\0' \"@@\"", "", ""),
    ("printf '%s\\0' \"a'@@'$\"", "a'", "'$"),
    ("printf '%s\\0' '@@'", "", ""),
    ("printf '%s\\0' 'a\"@@\\'", "a\"", "\\"),
    ("printf '%s\\0' \"$(printf '%s' @@; printf x)\"", "", "x"),
    (
        "printf '%s\\0' \"$(printf '%s' \"$(printf %s '@@'x)\"'y')\"",
        "",
        "xy",
    ),
    ("(printf '%s\\0' @@)", "", ""),
    ("{ printf '%s\\0' @@; }", "", ""),
    ("x=@@; printf '%s\\0' \"$x\"", "", ""),
    ("x=a:@@ bash -c 'printf \"%s\\0\" \"$x\"'", "a:", ""),
    ("x=(@@ b); printf '%s\\0' \"${x[0]}\"", "", ""),
    ("for x in @@; do printf '%s\\0' \"$x\"; done", "", ""),
    ("case @@ in *) printf '%s\\0' \"@@\";; esac", "", ""),
    ("if [[ @@ == @@ ]]; then printf '%s\\0' @@; fi", "", ""),
    (
        "[[ ! @@ != @@ && ( @@ == \"@@\" ) ]] && printf '%s\\0' @@",
        "",
        "",
    ),
    ("cat <<E > /dev/null && printf '%s\\0' @@\nit's\nE", "", ""),
    ("printf '%s\\0' \\\n  @@ # it's\n:", "", ""),
    ("f() { printf '%s\\0' \"$1\"; }; f @@", "", ""),
    (
        "x=; printf '%s\\0' ${x:-a}@@\"$(printf '%s' \"b\")\"",
        "a",
        "b",
    ),
    ("printf '%s\\0' @@ 2>&1", "", ""),
    ("printf '%s\\0' @@ | cat", "", ""),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A value is one word, exactly itself, in every frame.
    #[test]
    fn a_value_is_never_syntax(values in prop::collection::vec(nasty(), 12)) {
        // Many values to a bash: starting it is what takes time.
        let mut script = String::new();
        let mut wanted = Vec::new();
        for value in &values {
            for (frame, before, after) in FRAMES {
                let text = filled(frame, value).unwrap();
                writeln!(script, "(\n{text}\n)").unwrap();
                wanted.push(format!("{before}{value}{after}"));
            }
        }
        prop_assert_eq!(bash(&script), wanted);
    }

    /// As the first word of a command a value is the name of one.
    #[test]
    fn a_value_is_the_name_of_a_command(values in prop::collection::vec(nasty(), 32)) {
        let mut script = String::from(
            "PATH=/nowhere\ncommand_not_found_handle() { printf '%s\\0' \"$1\" >&3; }\nexec 3>&1\n",
        );
        let mut wanted = Vec::new();
        for value in values {
            let builtin = [":", ".", "[", "0", "", "!"].contains(&value.as_str());
            if builtin && value != "!" || value.contains('/') || value.starts_with('%') {
                continue;
            }
            writeln!(script, "{} x", filled("@@", &value).unwrap()).unwrap();
            wanted.push(value);
        }
        prop_assert_eq!(bash(&script), wanted);
    }

    /// A list is a word for each element.
    #[test]
    fn a_list_is_its_elements(values in prop::collection::vec(nasty(), 1..12)) {
        let list = Value::List(values.iter().cloned().map(Value::String).collect());
        let script = format!("printf '%s\\0' {}", quote_bare(&list).unwrap());
        prop_assert_eq!(bash(&script), values);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever surrounds it and is not refused, a value runs nothing.
    #[test]
    fn a_value_runs_nothing_anywhere(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "@@", "@@", "@@", " ", " ", "echo ", "'", "\"", "\\", "$", "`", "(", ")", "{", "}", "[",
            "]", "[[ ", " ]]", "$(", "${", "${x:-", "$((", "))", "((", "<", ">", ">&", "<<E", "<<<",
            "\nE\n", "\n", ";", "&&", "|", "#", "~", "=", "a", "x=", "1", "if ", "then ", "fi",
            "case ", " in ", "esac", ";;", "$x", "$'", "$\"", "*", "!", "=~ ", " -eq ", "-v ", "do ",
            "f()", "a=(", ",", "..", "for ", "while ",
        ]), 1..16),
    ) {
        let text = pieces.concat();
        // Each does harm where it is read as syntax.
        for value in [
            "$(touch x)", ";touch x;", "'\ntouch x\n'", "\"\ntouch x\n\"", "a[$(touch x)]",
            "E\ntouch x\n", ")\ntouch x\n", "}`touch x`", "\\", "|touch x|", ">x", "x",
        ] {
            let Some(script) = filled(&text, value) else {
                break;
            };
            let folder = tempfile::tempdir().unwrap();
            Command::new("bash")
                .args(["-c", &script])
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            // A redirection that was typed may well write to the file of that name.
            let harmed = folder.path().join("x").exists();
            let typed = value == "x" && text.contains('>');
            prop_assert!(!harmed || typed, "{text:?} ran {value:?}: {script}");
        }
    }
}
