use super::{formatted, read, shown};
use gatelang::syntax::format;

#[test]
fn white_space() {
    insta::assert_snapshot!(shown(
        "\n\nedition\t2026\n\n\n\n\nlet   a=1\nlet b  =  -  2\n\n\nphase  p   'P'{\n\n\tgoal\t\"g\"\n\n\n\tgate   g\t\"t\"  $ true  \n\n}\n\n\n"
    ));
}

#[test]
fn nothing() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n \n\t\n"), "");
    assert_eq!(formatted("# c"), "# c\n");
    assert_eq!(formatted("\n\n  # c  \n\n\n  # d\n\n"), "# c\n\n# d\n");
}

#[test]
fn settings_align_in_a_paragraph() {
    insta::assert_snapshot!(shown(
        r#"plan {
  base "main"
  timeout 10m
  # a comment does not part them
  env A = "b"

  jobs 4
  amend by "a@example.com"
}
phase p "P" {
  in "x"
  gate a {
    needs b
    $ step
    timeout 5m
    service s {
      $ x
      ready port 1
      stop SIGINT
    }
    lock "a"
    expect exit == 0
    inputs "y"
  }
  regress changed
  commit feat "a"
  tag "b"
}
"#
    ));
}

#[test]
fn gates_of_one_line_align() {
    insta::assert_snapshot!(shown(
        r#"phase p "P" {
  gate a $ true
  gate long-name "With a title" check x()
  gate "in-{{quotes}}" expect 1 == 1
  gate with-a-block {
    $ true
  }
  gate b $ true
  timeout 5m
  gate ccc rhai { fail("x") }
}
"#
    ));
}

#[test]
fn blocks_of_one_statement() {
    insta::assert_snapshot!(shown(
        r#"plan   {   }
every phase{scope{allow "a"}}
phase p "P" {
  scope { }
  scope{
  }
  scope {
    # only a comment
  }
  scope { allow "a" }   # kept on its line
  scope {
    allow "a"
  }
  gate g { proof { write "apps/landing/x.ts" "import gsap from 'gsap'" } }
  gate too-long { proof "a title that makes it long" { write "apps/landing/x.ts" "import gsap from 'gsap'" } }
}
"#
    ));
}

#[test]
fn the_longest_block_on_one_line_has_a_hundred_characters() {
    let block = |len: usize| {
        let rest = "scope { allow \"\" }".len();
        format!("scope {{ allow \"{}\" }}", "é".repeat(len - rest - 2))
    };
    let fits = format!("every phase {{\n  {}\n}}\n", block(100));
    assert_eq!(formatted(&fits), fits);
    let long = formatted(&format!("every phase {{\n  {}\n}}\n", block(101)));
    assert!(long.contains("  scope {\n    allow"), "{long}");
}

#[test]
fn every_statement_of_a_plan() {
    insta::assert_snapshot!(shown(
        r#"edition   2026
use   "./a.gate"   as   a
include   "./b.gate"
plan   "t"   {
  base   "main"
  shell   "bash" ,"-c"
  env   A="b"
  timeout   10m
  jobs   4
  tree   staged
  share   "x","y"
  amend   by   "a" ,"b"
  lint   W001   off
  remind   "x"
  secret   A ,B
}
param   a:list<  glob  >=["a"]
let   b   =   a
"#
    ));
}

#[test]
fn every_statement_of_a_phase() {
    insta::assert_snapshot!(shown(
        r#"phase   p   "P"   {
  goal   "g"

  scope   {
    allow   "a" ,"b"
    deny   "c"
    forbid   "d" ,/e/   in   "f" ,"g"
    limit   40   files
    limit   1   file
    limit   2_000   lines
    limit   1MB   per   file
    require   "h"
  }

  tasks   "t.md"   under   "H"

  service   s   {
    in   "x"
    env   A   =   1
    needs   g
    $   ./s
    ready   within   5s   http   "u"
    stop   SIGINT   within   2s
  }

  service   t   {
    $   ./t
    ready   output   /x/   within   5s
  }

  service   u   {
    $   ./u
    ready   within   5s   $   curl   x
  }

  service   v   {
    $   ./v
    ready   port   80
  }

  manual   m   "M"   {
    step   "a"
    $   curl   x
    expected   'b'
    inputs   "c"   allow-empty
    expires   7d
    by   "d" ,"e"
    signed
  }

  for   x   in   ["a"]   {
    gate   "g-{{x}}"   {
      $   true
    }
  }

  regress   all
  push   "origin"
  tag   "t"   message   "m"

  commit   feat(  core  )   "s"   {
    body   "b"
    breaking   "c"
    trailer   A-b   "d"
  }
}
phase   q   "Q"   {
  commit   fix()   "x"
}
"#
    ));
}

#[test]
fn every_statement_of_a_gate() {
    insta::assert_snapshot!(shown(
        r#"phase p "P" {
  gate   g   "G"   {
    in   "x"
    env   A   =   "b"
    inputs   none
    timeout   5m
    retry   2   every   5s
    hold   24h   every   1m
    needs   a ,"b"
    lock   "l" ,"m"
    when   os=="linux"   and   not   ci

    $   echo   a
    run   "x"
    script   "python3"   'y'
    check   a.b( "x" ,in : "y" )
    check   c(  )
    rhai   "r.rhai"
    rhai   {   fail( "x" )   }
    expect   exit==0
    let   x=stdout . json( ) . id
    ratchet   r=x   rises
    ratchet   "q-{{a}}"   =   x   falls
    for   x   in   [ 1 ]   {
      expect   x>0
    }

    proof   "t"   {
      write   "a"   "b"
      append   "a"   "b"
      replace   "a"   "b"   "c"
      remove   "d"
      env   X   =   1
    }
    proof   {
      remove   "d"
    }
  }
}
"#
    ));
}

#[test]
fn every_statement_of_a_check_and_a_test() {
    insta::assert_snapshot!(shown(
        r#"check   c( )   {
  expect 1==1
}
check   d( a :int,b:list<glob>="x", )   {
  expect 1==1
}
check   e(
a:int, b : string = "x"
)   {
  expect 1==1
}
test   "t"   {
  write   "a"   "b"
  append   "a"   "b"
  remove   "a"
  env   A   =   1
  check   c( )
  expect   passes
  check   c( )
  expect   fails
  check   c( )
  expect   fails   "x"   at   "a:1"
  check   c( )
  expect   fails   at   "a:1"   # where
  check   c( )
  expect   blocked
}
"#
    ));
}

#[test]
fn what_is_verbatim() {
    insta::assert_snapshot!(shown(
"phase p \"P\" {
      gate g {
            $   a  |  b   # no comment  
            $ a \\
  \tb   {{  x  }}  \\
 c
            run   \"\"\"
         one
           {{  x  }} \\u{41}  
         \"\"\"
            script \"sh\" '''
\t  x
\t  '''   # a comment after it
            rhai   {
   let x   =   1;
      // a comment   
  }
            expect \"a\\n\\u{1F600}{{  x  }}\" == 'b'   and 1_000 == 1_0.5 and /a  b\\/ c/im   matches \"x\"
            let size   = 1KiB + 1h30m
      }
}
"));
}

#[test]
fn expressions() {
    insta::assert_snapshot!(shown(
        r#"let a = not   not true
let b = - - 3
let c = a+b   ==c
let d = x   is   empty   or   y   is   not   empty
let e = "a"not   in[ ]
let f = { }
let g = {a:1,"b c" :[ 2,3, ], }
let h = f( 1,x : 2 , ) . g . h( ) [ 0 ] [ "x" ]
let i = ( ( 1 ) )
let j = a . b   contains   c   or   not   d   matches   /x/
let k = (  -  1  )
"#
    ));
}

#[test]
fn brackets_over_lines() {
    insta::assert_snapshot!(shown(
        r#"let a = [1,
  2]
let b = [
  1, 2]
let c = { a: 1, b: 2
}
let d = [[1,2],[
3]]
let e = f(x:
  1, y: {
  a: 1 })
let f = [

  # first
  1,

  2


  , # after the comma
  3 # at the end

  # last

]
let g = [
]
let h = [ # alone
]
let i = f([
  1
], "x")
let j = g("""
  text
  """)
let k = g(1,
"""
  text
  """)
let l = a[
  1
]
"#
    ));
}

#[test]
fn lists_of_a_statement() {
    insta::assert_snapshot!(shown(
        r#"plan {
  share "a",
    "b", "c",

    # of the last

    "d" +
    "e"
  base "x"
  secret A,
  B
  amend by "a",
  "b"
}
every phase {
  scope {
    forbid "a",   # one
        "b" in "x",   # two
        "y"
    allow "a",
       [
         "b"]
  }
}
"#
    ));
}

#[test]
fn operators_over_lines() {
    insta::assert_snapshot!(shown(
        r#"let a = 1 +
2 +   # two

   # three
     3
let b = x or
    y and
  z
let c = (
  x
  or y
)
let d = (x
    or y and (
 z is
 not
 empty))
let e = [
  1 +
  2,
  not
  3
]
phase p "P" {
  gate g {
    $ x
    expect (stdout
    .json()
    .a
       .b) > 3
    expect (
      stdout.json()  # a
      # b
      .a
    ) == 1
    when a and
    b
    tag "x" +
    "y"
  }
}
"#
        .replace("    tag \"x\" +\n    \"y\"\n", "")
        .as_str()
    ));
}

#[test]
fn comments() {
    insta::assert_snapshot!(shown(
        r#"#!/usr/bin/env gate
   # indented


# apart
edition 2026 # one
let a = 1     # two
         # alone
let bcd = 1 # three
            # goes on
            # and on

            # no more
plan "p" { # of the block
           # goes on

  base "x" # of the base
  timeout 1m# of the timeout

  # last

} # behind
## documentation
    ##  of p
phase p "P" {
  # first

  ## of g
  gate g $ true # not a comment
  # last
}
# end
"#
    ));
}

#[test]
fn comments_where_few_would_write_them() {
    insta::assert_snapshot!(shown(
        r#"let a = [ # 1
  # 2
  1 # 3
  , # 4
  # 5
  { # 6
    a # 7
    : # 8
    1 # 9
  } # 10
]
let b = ( # 11
  # 12
  x # 13
  # 14
  or # 15
  not # 16
  y # 17
  # 18
)
let c = f( # 19
  # 20
)
let d = (x # 21
  .y # 22
  .z( # 23
    a # 24
    : # 25
    1))
let e = a[ # 26
  1 # 27
]
check c( # 28
  a # 29
  : # 30
  int # 31
  = # 32
  1 # 33
) { # 34
  expect x or # 35
    # 36
    y # 37
} # 38
let f = (x
  # 39
  + 1)
let g = (x # 40
  is empty)
let h = (- # 41
  1)
"#
    ));
}

#[test]
fn a_comment_does_not_become_documentation() {
    let text = "phase p \"P\" { # t\n             ## y\n\n  gate g $ true\n}\n";
    let (_, parsed) = read(&formatted(text));
    assert!(!format!("{:?}", parsed.file).contains("doc: Some"));
}

#[test]
fn what_follows_the_last_line() {
    assert_eq!(formatted("let a = 1"), "let a = 1\n");
    assert_eq!(
        formatted("phase p \"P\" {\n gate g $ true\n} # c"),
        "phase p \"P\" {\n  gate g $ true\n}  # c\n"
    );
}

#[test]
fn other_meanings_are_told_apart() {
    let same =
        |one: &str, other: &str| format::same_meaning(&read(one).1.file, &read(other).1.file);
    assert!(same("let a = 1 # c\n", "\nlet a   = 1\n"));
    assert!(!same("let a = 1\n", "let a = 2\n"));
    assert!(!same("let a = 1\n", "let a = (1)\n"));
    assert!(!same("let a = \"x\"\n", "let a = 'x'\n"));
    assert!(!same("## d\nlet a = 1\n", "let a = 1\n"));
    assert!(!same("let a = 1\nlet b = 1\n", "let b = 1\nlet a = 1\n"));
}

#[test]
fn what_nests_deeply_or_goes_on_long() {
    for (open, close) in [
        ("(", ")"),
        ("[\n", "]"),
        ("{ a: ", "\n}"),
        ("f(\n", ")"),
        ("-", ""),
    ] {
        formatted(&format!(
            "let a = {}1{}\n",
            open.repeat(120),
            close.repeat(120)
        ));
    }
    formatted(&format!("let a = 1{}\n", " +\n 1".repeat(250)));
    formatted(&format!("let a = (b{})\n", "\n.c".repeat(250)));
    for open in ["for x in [1] {\n", "for x in [1] { "] {
        let inner = if open.ends_with(' ') {
            "gate g expect true"
        } else {
            "gate g $ true\n"
        };
        let close = if open.ends_with(' ') { " }" } else { "}\n" };
        let text = format!(
            "phase a \"A\" {{\n{}{inner}{}\n}}\n",
            open.repeat(120),
            close.repeat(120)
        );
        formatted(&text);
    }
}
