//! What each interpolation stands in, shown in its place.

use std::fmt::Write as _;

use gatelang::shell::{Context, quote_bare, quote_word};
use gatelang::value::Value;

use crate::scanned;

/// The texts with what each interpolation stands in put in its place.
fn shown(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        let scan = scanned(text);
        for (index, piece) in text.split("@@").enumerate() {
            if index > 0 {
                out.push_str(match scan.contexts[index - 1] {
                    Context::Bare => "BARE",
                    Context::Glued => "GLUED",
                    Context::Double => "DOUBLE",
                    Context::AfterName => "AFTERNAME",
                    Context::Comment => "COMMENT",
                    Context::Single => "SINGLE",
                    Context::Impossible { .. } => "NO",
                });
            }
            out.push_str(piece);
        }
        for (hole, program) in scan.second_shells {
            write!(out, "  [{} read by {program}]", hole + 1).unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn quotes_are_told_apart() {
    insta::assert_snapshot!(shown(&[
        r#"echo @@ "@@" '@@' "it's @@" 'say "@@"' @@"#,
        r#"echo a@@b --x=@@ pre"@@"post'@@'@@"#,
        r#"echo \"@@\" \'@@ "\"@@" '\'@@ \\@@"#,
        r#"echo $"@@" "$(echo @@ "@@" '@@' "$(echo @@)")@@""#,
        "echo <(cat @@) >(tee @@) @@; (@@) && { @@; }",
        "FOO=@@ BAR=\"@@\" cmd $x @@ ${x}@@ ${x:-'}'}@@ $1@@ $?@@",
        "a=(@@ @@); b+=(@@)",
        "for x in @@; do echo @@; done > @@ 2>&1",
        "if [ @@ = x ] && [[ @@ == @@ ]]; then @@; fi",
        "git diff HEAD~@@ @@:path user@x@@",
        "cat <<< @@",
    ]), @r#"
    echo BARE "DOUBLE" 'SINGLE' "it's DOUBLE" 'say "SINGLE"' BARE
    echo aBAREb --x=BARE pre"DOUBLE"post'SINGLE'BARE
    echo \"BARE\" \'BARE "\"DOUBLE" '\'BARE \\BARE
    echo $"DOUBLE" "$(echo BARE "DOUBLE" 'SINGLE' "$(echo BARE)")DOUBLE"
    echo <(cat BARE) >(tee BARE) BARE; (BARE) && { BARE; }
    FOO=BARE BAR="DOUBLE" cmd $x BARE ${x}BARE ${x:-'}'}BARE $1BARE $?BARE
    a=(BARE BARE); b+=(BARE)
    for x in BARE; do echo BARE; done > BARE 2>&1
    if [ BARE = x ] && [[ BARE == BARE ]]; then BARE; fi
    git diff HEAD~BARE BARE:path user@xBARE
    cat <<< BARE
    "#);
}

#[test]
fn what_cannot_be_literal_is_refused() {
    insta::assert_snapshot!(shown(&[
        "echo `@@` @@",
        "echo \"`@@`\" `echo \\`@@\\`` @@",
        "echo ${x:-@@} \"${x:-'@@'}\" ${x#'}'@@}@@",
        "echo \"${x:-it's}\" @@ \"${x%\"'}'\"}\" @@",
        "echo $'@@' $'\\'@@' @@",
        "echo $((@@ + 1)) $[@@] @@; ((x = @@)); @@",
        "for ((i = 0; i < @@; i++)); do @@; done",
        "[[ $x =~ @@ ]] && @@",
        "[[ $x =~ ^(a|b c)@@$ && @@ == 1 ]] || @@",
        "[[ @@ -eq 1 || 1 -lt \"@@\" || -v @@ || @@ == -v ]]; @@",
        "case @@ in @@) @@ ;; (a|\"@@\") @@;; esac; @@",
        "x=$(case @@ in a) @@;; b) @@;; esac) @@",
        "echo hi # it's @@\necho @@",
        "echo a#@@ ${#x} $# @@",
    ]), @r#"
    echo `NO` BARE
    echo "`NO`" `echo \`NO\`` BARE
    echo ${x:-NO} "${x:-'NO'}" ${x#'}'NO}BARE
    echo "${x:-it's}" BARE "${x%"'}'"}" BARE
    echo $'NO' $'\'NO' BARE
    echo $((NO + 1)) $[NO] BARE; ((x = NO)); BARE
    for ((i = 0; i < NO; i++)); do BARE; done
    [[ $x =~ NO ]] && BARE
    [[ $x =~ ^(a|b c)NO$ && BARE == 1 ]] || BARE
    [[ NO -eq 1 || 1 -lt "NO" || -v NO || BARE == -v ]]; BARE
    case BARE in NO) BARE ;; (a|"NO") BARE;; esac; BARE
    x=$(case BARE in a) BARE;; b) BARE;; esac) BARE
    echo hi # it's COMMENT
    echo BARE
    echo a#BARE ${#x} $# BARE
    "#);
}

#[test]
fn here_documents_are_read_to_their_end() {
    insta::assert_snapshot!(shown(&[
        "cat <<EOF > @@\n@@ 'x\nEOF\necho @@",
        "cat <<'E O'\n@@\n E O\n@@\nE O\necho @@",
        "cat <<-EOF; echo '@@'\n\t@@\n\tEOF\n@@",
        "cat <<A <<B\n@@\nB\n@@\nA\n@@\nB\n@@",
        "cat <<EOF\nx\\\nEOF\n@@\nEOF\n@@",
        "x=$(cat <<EOF\n)@@\nEOF\n) @@",
        "cat <<EOF | (\n@@\nEOF\ncat @@)",
        "cat <<@@\n@@",
    ]), @r#"
    cat <<EOF > BARE
    NO 'x
    EOF
    echo BARE
    cat <<'E O'
    NO
     E O
    NO
    E O
    echo BARE
    cat <<-EOF; echo 'SINGLE'
    	NO
    	EOF
    BARE
    cat <<A <<B
    NO
    B
    NO
    A
    NO
    B
    BARE
    cat <<EOF
    x\
    EOF
    NO
    EOF
    BARE
    x=$(cat <<EOF
    )NO
    EOF
    ) BARE
    cat <<EOF | (
    NO
    EOF
    cat BARE)
    cat <<NO
    NO
    "#);
}

#[test]
fn text_beside_an_interpolation_is_not_completed_by_it() {
    insta::assert_snapshot!(shown(&[
        "echo $HOME@@ \"$HOME@@\" ${HOME}@@ \"$HOME/@@\" $HO\\\nME@@",
        "echo $@@ \"$@@\" \"a$\" @@",
        "echo ~@@ ~us@@ ~/@@ a~@@ x=~@@ \"~@@\"",
        "echo {a,@@} {1..@@} {a,\"@@\"} {a}@@",
        "echo x[@@] x[a]@@ [!]@@] [[:alpha:]@@] \"x[@@]\"",
        "x[@@]=1 x[1 + @@]=2; declare y[@@]=3",
        "@@=1 cmd; a@@+=2; env @@=3; ./@@=4",
        "echo @@>f; echo @@ >f; echo 2@@>f; echo \"@@\">f; echo >&@@; echo <& @@",
        "i@@; e@@c; @@; @@@@; ./@@; \"i@@\"",
        "echo @(@@|b) +(@@)",
    ]), @r#"
    echo $HOMEGLUED "$HOMEAFTERNAME" ${HOME}BARE "$HOME/DOUBLE" $HO\
    MEGLUED
    echo $NO "$NO" "a$" BARE
    echo ~GLUED ~usGLUED ~/BARE a~BARE x=~GLUED "~DOUBLE"
    echo {a,GLUED} {1..GLUED} {a,"DOUBLE"} {a}BARE
    echo x[GLUED] x[a]BARE [!]GLUED] [[:alpha:]GLUED] "x[DOUBLE]"
    x[NO]=1 x[1 + NO]=2; declare y[NO]=3
    NO=1 cmd; aNO+=2; env BARE=3; ./BARE=4
    echo GLUED>f; echo BARE >f; echo 2GLUED>f; echo "DOUBLE">f; echo >&NO; echo <& NO
    iGLUED; eGLUEDc; BARE; GLUEDGLUED; ./BARE; "iDOUBLE"
    echo @(NO|b) +(NO)
    "#);
}

#[test]
fn a_backslash_is_refused_where_it_would_escape_the_value() {
    insta::assert_snapshot!(shown(&[
        "echo \\@@ \"\\@@\" '\\@@'",
        "echo \\\\@@ \"\\\\@@\" \\\n@@",
    ]), @r#"
    echo \NO "\NO" '\SINGLE'
    echo \\BARE "\\DOUBLE" \
    BARE
    "#);
}

#[test]
fn each_refusal_says_why() {
    let texts = [
        "`@@`",
        "${x:-@@}",
        "$'@@'",
        "$((@@))",
        "[[ a =~ @@ ]]",
        "case a in @@) ;; esac",
        "cat <<E\n@@",
        "\\@@",
        "$@@",
        "@@=1",
        ">&@@",
        "[[ 1 -eq @@ ]]",
        "[[ -v @@ ]]",
        "cat <<@@",
        "@(@@)",
        "a=(< @@",
    ];
    let mut out = String::new();
    for text in texts {
        for context in scanned(text).contexts {
            let Context::Impossible { why } = context else {
                panic!("{text:?} is {context:?}");
            };
            writeln!(out, "{text:?}: {why}").unwrap();
        }
    }
    insta::assert_snapshot!(out, @r##"
    "`@@`": the shell reads text in backticks twice; write `$( )`
    "${x:-@@}": the shell reads text in `${ }` by rules of its own
    "$'@@'": the shell reads escapes in `$'…'`
    "$((@@))": the shell computes what stands there
    "[[ a =~ @@ ]]": the shell reads a regular expression after `=~`
    "case a in @@) ;; esac": the shell reads a pattern of `case` there
    "cat <<E\n@@": a here-document has no quotes
    "\\@@": the backslash before it would take its first character
    "$@@": the `$` before it would read it as the name of a variable
    "@@=1": it would be the name of a variable that is set
    ">&@@": after `>&` and `<&` a number names a file descriptor
    "[[ 1 -eq @@ ]]": the shell computes the operands of `-eq` and its like in `[[ ]]`
    "[[ -v @@ ]]": `-v` and `-R` in `[[ ]]` compute what stands in the name
    "cat <<@@": the end of a here-document is read as it is typed
    "@(@@)": the shell reads a pattern there
    "a=(< @@": the shell cannot read the list in `( )` before it
    "##);
}

#[test]
fn second_shells_are_found() {
    insta::assert_snapshot!(shown(&[
        "sh -c 'echo @@'; sh -c 'echo \"$1\"' _ @@",
        "/bin/bash -euo pipefail -c \"@@\" @@",
        "sudo -n env A=@@ bash -lc @@",
        "eval @@ \"@@\"; builtin eval @@",
        "ssh -p 22 host@@ \"ls @@\" @@",
        "ssh -i @@ @@",
        "docker exec c sh -c \"@@\" | find . -exec sh -c @@ \\;",
        "su -c @@ bob; flock /tmp/l -c \"@@\"; trap @@ EXIT",
        "echo bash -c @@; bash script.sh -c @@; sh @@",
        "x=$(bash -c @@) foo @@",
        "if true; then eval @@; fi; { eval @@; }",
    ]), @r#"
    sh -c 'echo SINGLE'; sh -c 'echo "$1"' _ BARE  [1 read by sh -c]
    /bin/bash -euo pipefail -c "DOUBLE" BARE  [1 read by bash -c]
    sudo -n env A=BARE bash -lc BARE  [2 read by bash -c]
    eval BARE "DOUBLE"; builtin eval BARE  [1 read by eval]  [2 read by eval]  [3 read by eval]
    ssh -p 22 hostBARE "ls DOUBLE" BARE  [2 read by ssh]  [3 read by ssh]
    ssh -i BARE BARE
    docker exec c sh -c "DOUBLE" | find . -exec sh -c BARE \;  [1 read by sh -c]  [2 read by sh -c]
    su -c BARE bob; flock /tmp/l -c "DOUBLE"; trap BARE EXIT  [1 read by su -c]  [2 read by flock -c]  [3 read by trap]
    echo bash -c BARE; bash script.sh -c BARE; sh BARE
    x=$(bash -c BARE) foo BARE  [1 read by bash -c]
    if true; then eval BARE; fi; { eval BARE; }  [1 read by eval]  [2 read by eval]
    "#);
}

#[test]
fn words_are_quoted_only_as_needed() {
    let texts = [
        "abc",
        "a b",
        "",
        "it's",
        "$x",
        "a/b.c",
        "--tags=@a,b",
        "-n",
        "-eq",
        "--",
        "-5",
        "~",
        "~/x",
        "a=b",
        "--a=b",
        "=",
        "if",
        "iff",
        "*",
        "é",
        "#a",
        "a\nb",
        "!",
        "{a,b}",
        "2>x",
        "\\",
    ];
    let out: String = texts
        .iter()
        .map(|text| format!("{text:?}: {}\n", quote_word(text)))
        .collect();
    insta::assert_snapshot!(out, @r##"
    "abc": abc
    "a b": 'a b'
    "": ''
    "it's": 'it'\''s'
    "$x": '$x'
    "a/b.c": a/b.c
    "--tags=@a,b": --tags=@a,b
    "-n": '-n'
    "-eq": '-eq'
    "--": '--'
    "-5": -5
    "~": '~'
    "~/x": '~/x'
    "a=b": 'a=b'
    "--a=b": --a=b
    "=": '='
    "if": 'if'
    "iff": iff
    "*": '*'
    "é": 'é'
    "#a": '#a'
    "a\nb": 'a
    b'
    "!": '!'
    "{a,b}": '{a,b}'
    "2>x": '2>x'
    "\\": '\'
    "##);
}

#[test]
fn lists_are_a_word_for_each_element() {
    let text = |text: &str| Value::String(text.to_owned());
    let list = Value::List(vec![text("a"), text("b c"), Value::Int(3), text("")]);
    assert_eq!(quote_bare(&list).unwrap(), "a 'b c' 3 ''");
    assert_eq!(quote_bare(&Value::List(Vec::new())).unwrap(), "");
    assert_eq!(quote_bare(&Value::Duration(90_000)).unwrap(), "1m30s");
    assert_eq!(quote_bare(&Value::Null), None);
    assert_eq!(quote_bare(&Value::List(vec![list])), None);
}

#[test]
fn nothing_is_too_deep_or_broken_to_be_read() {
    for unit in [
        "$(",
        "\"$(",
        "${x:-",
        "((",
        "[[ (",
        "case x in (",
        "{",
        "[",
        "<<",
        "a=(",
        "cat <<E\n",
    ] {
        let text = unit.repeat(20_000) + "@@";
        assert_eq!(scanned(&text).contexts.len(), 1, "{unit}");
    }
}
