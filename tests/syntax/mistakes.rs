use super::mistakes;

/// One test a mistake: the snapshot shows the text and what is said of it.
macro_rules! told {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            let text: &str = $text;
            insta::assert_snapshot!(format!("{text}\n----\n{}", mistakes(text)));
        }
    )*};
}

told! {
    unknown_word: "phase a \"A\" {\n  gate x {\n    timeuot 5m\n    $ true\n  }\n}\n";
    unknown_top_word: "phse a \"A\" {\n  gate x $ true\n  gaet y $ true\n}\nfoo bar\n";
    misplaced: "timeout 5m\nphase a \"A\" {\n  allow \"x\"\n  gate x {\n    goal \"x\"\n    $ true\n  }\n}\ncheck c() {\n  needs x\n  hold 1h every 1m\n  $ true\n}\n";
    misplaced_block: "phase a \"A\" {\n  phase b \"B\" {\n    gate x $ true\n    alow \"x\"\n  }\n}\n";
    misplaced_check: "phase a \"A\" {\n  gate x {\n    check y() {\n      $ true\n    }\n  }\n  gate z allow \"x\"\n  gate w timeout 5m\n}\n";
    unterminated_string: "let a = \"abc\nlet b = 'abc\nlet c = /abc\nlet d = 1\nphase x \"Title {\n  scope { allow \"a }\n  gate y check c(\"a)\n}\n";
    unterminated_multi_line: "let a = \"\"\"\n  abc\n  def\nlet b = 2\nlet c = $\n";
    unterminated_bracket: "let a = [\n  \"x\",\n  \"y\"\nphase p \"P\" {\n  gate g check foo(\"a\", [1, 2)\n  scope { allow f(\"a\" }\n  gate h $ true\n}\nlet z = (1 + 2\n";
    unterminated_interpolation: "let a = \"x {{name\"\nlet b = \"x {{name\nlet c = \"ok\"\nphase p \"P\" {\n  gate g $ echo {{name\n  gate h $ true\n}\n";
    unclosed_block: "phase a \"A\" {\n  gate x {\n    $ true\n  gate y $ true\n}\n\nphase b \"B\" {\n  gate z $ true\n}\n";
    unclosed_phase: "phase a \"A\" {\n  gate y $ true\n\nphase b \"B\" {\n  gate z {\n    $ true\n  }\n}\n";
    unclosed_two: "phase a \"A\" {\n  gate y {\n    $ true\n\nphase b \"B\" {\n  gate z $ true\n}\n";
    unclosed_at_end: "phase a \"A\" {\n  gate y $ true\n  scope {\n    allow \"x\"\n";
    unclosed_inner_by_brace: "phase a \"A\" {\n  scope {\n    allow \"x\"\n  gate y {\n    $ true\n  }\n}\nlet x = 1\n";
    unclosed_script: "check a() {\n  rhai {\n    if x {\n      fail(\"a\");\n  }\n}\nlet y = 1\n";
    stray_brace: "phase a \"A\" {\n  gate y $ true\n}\n}\nphase b \"B\" {\n  gate z {\n    $ true\n  }\n  }\n  gate w $ true\n}\n";
    brace_on_command: "phase a \"A\" {\n  gate y { $ true }\n  gate z {\n    $ true }\n  gate w $ true\n}\n";
    two_statements: "plan {\n  timeout 5m jobs 4\n}\nlet a = 1 let b = 2\nphase a \"A\" { goal \"x\" scope { allow \"x\" } }\n";
    after_block: "phase a \"A\" { goal \"x\"\n  scope { allow \"x\" } gate y $ true\n} let b = 1\n";
    semicolons: "let a = 1;\nlet b = 2; let c = 3;\nplan { timeout 5m; }\n";
    setting_sign: "plan {\n  timeout = 5m\n  jobs: 4\n  base=\"main\"\n  env A: 1\n  tree = staged\n}\nlet x: 5\nlet y == 5\nlet z := 5\nparam p = 5\n";
    foreign_operators: "let a = true && false\nlet b = true || false\nlet c = !true\nlet d = [1 && 2]\ncheck c() {\n  expect exit = 0\n  when (a & b)\n  expect exit <> 0\n  expect a === b\n  expect a != b || c\n}\n";
    smart_quotes: "let a = “hello”\nlet b = ‘hello’\nlet c = “hello\nlet d = \"fine “quoted”\"\nlet e = 1 – 2\n";
    odd_blanks: "let\u{a0}a = 1\nlet b =\u{200b} 2\nlet c = 3\u{c}\nlet d = 4\rlet e = 5\nlet f = \"\u{a0}ok\"\n\u{feff}let g = 1\n";
    merge_conflict: "let a = 1\n<<<<<<< HEAD\nlet b = 2\n=======\nlet b = 3 4 5 ( }\n>>>>>>> other\nlet c = 4\n=======\n";
    missing_unit: "plan {\n  timeout 5\n}\nphase a \"A\" {\n  scope {\n    limit 1 per file\n    limit 5\n    limit 5MB\n    limit 3 fils\n  }\n  gate x {\n    retry 2 every 5\n    hold 5 every 1m\n    $ true\n  }\n}\n";
    bad_literals: "let a = 5min\nlet b = 1m30h\nlet c = 1.5h\nlet d = 5mb\nlet e = 1__0\nlet f = 10_\nlet g = 1.2.3\nlet h = 99999999999999999999\nlet i = 5x\nlet j = 1m1m\n";
    bad_regex: "let a = /a(b/\nlet b = /a/q\nlet c = /a/ii\nlet d = //\nlet e = /č[z-a]/\n// a comment\nlet f = /a\\/(/\n";
    bad_interpolation: "let a = \"{{}}\"\nlet b = \"{{a b}}\"\nlet c = \"{{a +}}\"\nlet d = \"{{a && b}}\"\nlet e = \"{{f(a, }}\"\nlet g = \"{{a = b}}\"\n";
    foreign_templates: "let a = \"{{.Name}}\"\nlet b = \"${{ github.ref }}\"\nlet c = \"{{ x | upper }}\"\nlet d = \"{{#each x}}\"\nlet e = \"{{ range .Items }}\"\nphase p \"P\" {\n  gate g $ docker inspect -f '{{.Name}}' x\n  gate h $ echo ${{ env.X }} {{x}}\n  gate i $ echo \\{{.Name}}\n}\n";
    chained: "let a = 1 < 2 < 3\nlet b = (1 == 2) == false\nlet c = 1 == 2 and 2 == 3\nlet d = [1 == 2 != 3]\n";
    missing_title: "phase a {\n  manual m {\n    step \"x\"\n  }\n}\ntest {\n  check x()\n  expect passes\n}\nphase b tilte {\n  gate x $ true\n}\n";
    missing_type: "check a(x, y: , z = 3) {\n  $ true\n}\nparam p\nparam q = 3\nparam r: int = 3\n";
    missing_parentheses: "phase a \"A\" {\n  gate x check text.absent\n  gate y {\n    check foo\n  }\n}\n";
    positional: "phase a \"A\" {\n  gate x check foo(a: 1, 2)\n  gate y check foo(f(in: 1, 3))\n}\n";
    choices: "plan {\n  tree index\n  lint W001 on\n  tree \"staged\"\n}\nphase a \"A\" {\n  regress some\n  commit feature \"x\"\n  service s {\n    $ true\n    stop INT\n  }\n}\ntest \"t\" {\n  check a()\n  expect pass\n}\n";
    commands: "phase a \"A\" {\n  gate x $\n  gate y {\n    $\n    $echo\n    $ \n  }\n}\n";
    dangling: "phase a \"A\" {\n  gate x $ true \\";
    multi_line_indent: "let a = \"\"\"\n    one\n  two\n    \"\"\"\nlet b = \"\"\"abc\"\"\"\nlet c = \"\"\" x\n  y\n  \"\"\"\nlet d = '''\n  y\n  z'''\n";
    escapes: "let a = \"C:\\Users\"\nlet b = \"\\u{110000}\"\nlet c = \"\\x41 'q'\"\nlet d = \"ok \\n\"\n";
    missing_block: "phase a \"A\"\ngate x\nphase b \"B\" {\n  scope\n  gate y\n  gate z \"title\"\n}\ncheck c()\nplan\n";
    indented_blocks: "phase a \"A\":\n  goal \"x\"\n\n  # What must hold.\n  gate t:\n    $ make test # all\n    expect exit == 0\n  gate u \"U\" :\n      $ true\nphase b \"B\": # next\n  scope:\n    allow \"x\"\n  for x in [1, 2]:\n    gate \"g{{x}}\":\n      $ true\n      exepct exit == 1\n";
    indented_in_braces: "phase a \"A\" {\n  gate t:\n    $ true\n  gate u {\n    $ true\n  }\n  gate v\n    $ true\n}\n";
    indented_colon_and_brace: "phase a \"A\":\n  gate t $ true\n}\n";
    indented_under_unknown: "phase a \"A\" {\n  steps:\n    gate t $ true\n    gate u $ true\n}\n";
    indented_bracket: "phase a \"A\":\n  gate t:\n    expect [1, 2\n  gate u $ true\nlet x = 1\n";
    head_without_block: "phase a \"A\" {\n  gate x\n    gate y $ true\n}\n";
    missing_quote: "let a = [\"a\", \"b, \"c\"]\nlet b = [\"a\", b\", \"c\"]\nlet c = ['a', 'b, 'c']\nphase p \"P\" {\n  scope { allow \"a/**, \"b/**\" }\n  gate g check text.absent(\"x, in: \"y\")\n  gate h \"a title $ true\n  gate i check text.absent([\"x\", \"y], in: \"z\")\n}\n";
    missing_value: "plan {\n  timeout\n  env A =\n  env B\n  env\n  shell \"a\",\n}\nlet a =\nlet\nphase a \"A\" {\n  tasks \"x\" under\n  tag \"x\" message\n  commit feat\n  commit\n  scope {\n    allow\n    limit\n    forbid \"x\" in\n  }\n  gate x {\n    expect\n    script \"python\"\n    ratchet a = 1\n    hold 5h\n    for x {\n    }\n    for y in [1] {\n    }\n  }\n}\n";
    reserved: "let and = 1\nlet true = 2\ncheck c(not: string) {\n  for or in [1] {\n    $ true\n  }\n}\nparam false: int\n";
    minus: "let a = 2 -1\nlet b = 3\nlet c = [b - 1]\nlet d = b * 2\nlet e = b % 2\n";
    unquoted: "phase a \"A\" {\n  scope {\n    allow src/**\n    deny *.lock\n  }\n  in src\n  tasks tasks.md\n  goal Everything works\n}\nuse ./brand.gate\ninclude brand\n";
    names: "phase 3d \"T\" {\n  gate x $ true\n  gaet y $ true\n}\nphase \"a\" \"A\" {\n  gate x $ true\n}\nlet 5 = 5\ncheck a.b() {\n  $ true\n}\n";
    call_mistakes: "phase a \"A\" {\n  gate x check foo(1 2)\n  gate y check foo(, 1)\n  gate z check foo(1, a b: 3)\n  gate w expect file(\"x\" \"y\").exists\n  gate v expect a.b.\n  gate u expect a ==\n  gate t expect (a\n  .b)\n  gate s expect [a\n    .b]\n}\n";
    in_a_test: "test \"t\" {\n  write \"a\"\n  chek a()\n  expect fails at\n  expect a == b\n  $ true\n}\nphase a \"A\" {\n  gate x {\n    $ true\n    expect fails \"x\"\n    expect passes\n  }\n}\n";
    editions: "let a = 1\nedition 2026\n";
    misc: "use \"./a.gate\" as\nuse \"./a.gate\" b\namend by \"x\"\nplan {\n  amend \"x\"\n  secret \"TOKEN\"\n  amend by alice\n  lint off\n}\nevery {\n  gate a $ true\n}\n";
    gate_line: "phase a \"A\" {\n  gate x chekc foo()\n  gate y \"title\" pnpm test\n  gate $ true\n  gate z npm test\n  gate 5 $ true\n  gate q \"t\" \"u\" $ true\n  service s \"title\" {\n    $ true\n  }\n}\n";
    in_brackets: "let a = { a: 1 b: 2 }\nlet b = { a 1 }\nlet c = [1 2]\nlet d = [,]\nlet e = { \"a{{b}}\": 1 }\nlet f = (1,)\nlet g = ()\n";
    not_binds: "let a = 1 == not true\nlet b = not not true\nlet c = --1\nlet d = 1 + not true\n";
    ten_mistakes: "plan {\n  timeout = 5m\n}\n\nlet a = \"open\nlet b = 1;\n\nphase one {\n  scope { alow \"x\" }\n  gate x check foo\n  gate y expect exit = 0\n  gate z { $ true }\n  tree index\n  timeout 5\n  gate good $ true\n  manual m \"M\" {\n    step “x”\n  }\n}\n";
}

told! {
    a_phase_of_mistakes: "phase a \"A\" {\n  goal \"x\n  scope {\n    allow \"a\" \"b\"\n    forbid TODO in \"src\"\n    limit 40\n  }\n  gate x {\n    expect exit == 0 &&\n      stdout contains \"a\"\n    let id stdout\n    inputs none, \"x\"\n  }\n  gate y $ echo 'a }'\n  gate z { check a(); check b() }\n  commit feat (core) \"x\"\n  tag phase-1\n  push origin main\n}\n";
    services_and_loops: "gate x {\n  $ true\n}\nphase a \"A\" {\n  service s {\n    $ a\n    ready within 5 port 80\n    ready tcp 80\n    stop SIGINT within 5\n  }\n  manual m \"M\" {\n    step \"a\"\n    by alice\n    expires 7\n    signed yes\n  }\n  for x of list {\n    gate g $ true\n  }\n  for x in {\n    gate g $ true\n  }\n}\n";
    brace_below: "phase a \"A\"\n{\n  gate x $ true\n}\n";
    parameters: "check foo(a: string, b: list<glob = 3) {\n  $ true\n}\ncheck bar(a: string b: int) {\n  $ true\n}\ncheck baz(a string) {\n  $ true\n}\n";
    across_lines: "let a = \"one \" + \nlet b = [\n  1,\n  2\n  3,\n]\nlet c = { a: 1, b }\nlet d = foo(\nlet e = 5\n";
    script_strings: "phase a \"A\" {\n  gate x {\n    rhai {\n      let x = \"}\n    }\n  }\n  gate y rhai {\n    fail('a')\n  }}\n}\n";
    values_in_a_row: "plan \"x\" {\n  env A = \"b\"; timeout 5m\n  lint W001\n  jobs four five\n}\nparam x: int 5\nparam y int = 5\nlet z = 5 6\nlet q = \"a\" \"b\"\nparam l: list = []\n";
    steps_in_a_row: "phase a 'A' {\n  gate \"my gate\" $ true\n  gate x check foo() expect exit == 0\n  gate y {\n    $ true\n    expect exit is 0\n    expect stdout matches foo/bar\n    expect not\n    expect a ? b : c\n    when os = \"linux\"\n    retry\n    hold 5m\n    expect stdout.contains(\"x\") == 'y\n  }\n}\n";
}
