//! Plans made at random, odd spacing and comments everywhere: formatted they say the same,
//! keep their comments, and stay as they are.

use proptest::prelude::*;

use super::formatted;

/// Makes a plan out of bytes, each a choice; when they run out, the first choice is taken.
struct Maker {
    choices: std::vec::IntoIter<u8>,
    out: String,
    depth: usize,
    /// How many brackets of the expression in hand are open.
    brackets: usize,
}

impl Maker {
    fn new(choices: Vec<u8>) -> Self {
        Self {
            choices: choices.into_iter(),
            out: String::new(),
            depth: 0,
            brackets: 0,
        }
    }

    fn plan(mut self) -> String {
        self.between_lines();
        while self.choices.len() > 0 {
            self.item();
        }
        if self.chance(4) {
            while self.out.ends_with('\n') {
                self.out.pop();
            }
        }
        self.out
    }

    // Choices.

    fn choose(&mut self, of: usize) -> usize {
        usize::from(self.choices.next().unwrap_or(0)) % of
    }

    /// Once in so many times.
    fn chance(&mut self, times: usize) -> bool {
        self.choose(times) == times - 1
    }

    fn one(&mut self, of: &[&str]) {
        let text = of[self.choose(of.len())];
        self.put(text);
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    // Gaps.

    /// At least one blank.
    fn blank(&mut self) {
        self.one(&[" ", " ", "  ", "\t", "     "]);
    }

    fn perhaps_blank(&mut self) {
        self.one(&["", "", " ", "  ", "\t"]);
    }

    fn comment(&mut self) {
        self.one(&[
            "# c", "#c", "#", "## d", "###", "# }", "# {", "# \"", "# ),", "#!  ",
        ]);
    }

    /// New lines and comments, at least one new line.
    fn lines(&mut self) {
        self.perhaps_blank();
        if self.chance(3) {
            self.comment();
        }
        self.put("\n");
        self.between_lines();
    }

    fn between_lines(&mut self) {
        while self.chance(4) {
            self.one(&["", "", "  ", "\t", "          ", "              "]);
            if self.chance(2) {
                self.comment();
            }
            self.put("\n");
        }
        self.perhaps_blank();
    }

    /// Where a newline ends nothing.
    fn inner_gap(&mut self) {
        if self.brackets > 0 && self.chance(5) {
            self.lines();
        } else {
            self.perhaps_blank();
        }
    }

    /// After a comma or an operator.
    fn open_gap(&mut self) {
        if self.chance(4) {
            self.lines();
        } else {
            self.blank();
        }
    }

    // Words and literals.

    fn name(&mut self) {
        self.one(&["a", "b-c", "some-long-name", "D_1", "phases"]);
    }

    fn string(&mut self) {
        let texts = [
            "\"a\"",
            "'b  {{c}}'",
            "\"\"",
            "\"x {{  a . b( 1 )  }} \\n \\{{\"",
            "'é # no'",
            "\"a rather long text that fills half of a line\"",
        ];
        if self.chance(8) {
            let indent = ["", " ", "    ", "\t"][self.choose(4)];
            let quotes = ["\"\"\"", "'''"][self.choose(2)];
            self.put(&format!(
                "{quotes}\n{indent}  x  \n\n{indent}# y\n{indent}{quotes}"
            ));
        } else {
            self.one(&texts);
        }
    }

    fn title(&mut self) {
        self.one(&["\"A title\"", "'t'", "\"a longer title, of some words\""]);
    }

    // Expressions.

    fn expression(&mut self) {
        self.conjunct();
        while self.depth < 4 && self.chance(4) {
            if self.brackets > 0 {
                self.inner_gap();
            }
            self.blank();
            self.one(&["or", "and"]);
            self.open_gap();
            self.conjunct();
        }
    }

    fn conjunct(&mut self) {
        if self.chance(6) {
            self.put("not");
            self.blank();
            self.inner_gap();
        }
        self.sum();
        match self.choose(8) {
            5 => {
                self.inner_gap();
                self.one(&["==", "!=", "<", "<=", ">", ">="]);
                self.open_gap();
                self.sum();
            }
            6 => {
                self.inner_gap();
                self.blank();
                self.one(&["in", "not   in", "contains", "not contains", "matches"]);
                self.open_gap();
                self.sum();
            }
            7 => {
                self.inner_gap();
                self.blank();
                self.one(&["is empty", "is\tnot  empty"]);
            }
            _ => {}
        }
    }

    fn sum(&mut self) {
        self.value(false);
        while self.depth < 4 && self.chance(6) {
            self.inner_gap();
            self.put("+");
            self.open_gap();
            self.value(false);
        }
    }

    /// A value; a tight one has no blanks but in brackets.
    fn value(&mut self, tight: bool) {
        let minus = self.chance(8);
        if minus {
            self.put("-");
            if !tight {
                self.inner_gap();
            }
        }
        self.depth += 1;
        let postfixes = self.primary(tight || minus);
        while postfixes && self.depth < 5 && self.chance(3) {
            if !tight {
                self.perhaps_blank();
            }
            match self.choose(3) {
                0 => {
                    self.dot(tight);
                    self.name();
                }
                1 => {
                    self.dot(tight);
                    self.name();
                    self.arguments();
                }
                _ => {
                    self.put("[");
                    self.inside(Self::expression);
                    self.put("]");
                }
            }
        }
        self.depth -= 1;
    }

    fn dot(&mut self, tight: bool) {
        // Beyond the first bracket the innermost may be another than `( )`.
        if !tight && self.out.ends_with(' ') && self.brackets == 1 && self.in_parentheses() {
            self.lines();
        }
        self.put(".");
        if !tight {
            self.perhaps_blank();
        }
    }

    fn in_parentheses(&self) -> bool {
        // Strings and comments hold brackets of their own: those are not looked through.
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let plain = !line.contains(['"', '\'', '#', '[', '{', ']', '}', ')']);
        plain && line.matches('(').count() == 1
    }

    fn takes_map(&self) -> bool {
        let before = self.out.trim_end().strip_suffix('=');
        self.brackets > 0 || before.is_some_and(|text| !text.ends_with(['=', '!', '<', '>']))
    }

    /// Whether it takes postfixes.
    fn primary(&mut self, tight: bool) -> bool {
        let deep = self.depth > 3;
        match self.choose(if deep { 4 } else { 9 }) {
            0 => self.name(),
            1 => self.string(),
            2 => {
                self.one(&["1", "2_000", "0.95", "10m", "1h30m", "5MB", "1KiB", "true"]);
                return false;
            }
            // After a value or a minus a `/` begins no regex.
            3 if !tight => {
                self.one(&["/a|b/im", "/x\\/y  [#{]/"]);
                return false;
            }
            3 | 4 if deep => self.put("x"),
            3 | 4 => {
                self.put("(");
                self.inside(Self::expression);
                self.put(")");
            }
            5 => {
                self.name();
                self.arguments();
            }
            // After a word a `{` is taken for that of a block.
            6..=8 if self.choose(2) == 0 || !self.takes_map() => {
                self.put("[");
                self.sequence(Self::expression);
                self.put("]");
            }
            _ => {
                self.put("{");
                self.sequence(|maker| {
                    maker.one(&["a", "b-c", "\"two words\"", "'x'"]);
                    maker.inner_gap();
                    maker.put(":");
                    maker.inner_gap();
                    maker.expression();
                });
                self.put("}");
            }
        }
        true
    }

    fn arguments(&mut self) {
        self.put("(");
        let mut named = false;
        self.sequence(|maker| {
            named |= maker.chance(3);
            if named {
                maker.name();
                maker.inner_gap();
                maker.put(":");
                maker.inner_gap();
            }
            maker.expression();
        });
        self.put(")");
    }

    fn inside(&mut self, work: impl FnOnce(&mut Self)) {
        self.brackets += 1;
        self.inner_gap();
        work(self);
        self.inner_gap();
        self.brackets -= 1;
    }

    fn sequence(&mut self, mut element: impl FnMut(&mut Self)) {
        let count = self.choose(4);
        self.inside(|maker| {
            for index in 0..count {
                if index > 0 {
                    maker.put(",");
                    maker.inner_gap();
                }
                element(maker);
                maker.inner_gap();
            }
            if count > 0 && maker.chance(3) {
                maker.put(",");
                maker.inner_gap();
            }
        });
    }

    /// What stands in a slot.
    fn operand(&mut self) {
        let brackets = std::mem::replace(&mut self.brackets, 0);
        self.value(true);
        while self.chance(8) {
            self.perhaps_blank();
            self.put("+");
            self.open_gap();
            self.value(true);
        }
        self.brackets = brackets;
    }

    fn operands(&mut self) {
        self.operand();
        while self.chance(3) {
            self.perhaps_blank();
            self.put(",");
            self.open_gap();
            self.operand();
        }
    }

    // Statements.

    fn word(&mut self, word: &str) {
        self.put(word);
        self.blank();
    }

    fn slot(&mut self, word: &str) {
        self.word(word);
        self.operand();
    }

    fn time(&mut self, word: &str) {
        self.word(word);
        self.one(&["10m", "1h30m", "a", "(  b)", "[\n1s,\n# c\n2s][0]"]);
    }

    fn list(&mut self, word: &str) {
        self.word(word);
        self.operands();
    }

    fn end(&mut self) {
        self.lines();
    }

    fn block(&mut self, mut statement: impl FnMut(&mut Self)) {
        self.perhaps_blank();
        self.put("{");
        if self.chance(6) {
            self.perhaps_blank();
            self.put("}");
            return;
        }
        self.lines();
        self.depth += 1;
        let count = 1 + self.choose(5);
        for _ in 0..count {
            statement(self);
            self.end();
        }
        self.depth -= 1;
        self.put("}");
    }

    /// A block of one statement, perhaps on one line.
    fn small_block(&mut self, mut statement: impl FnMut(&mut Self)) {
        let start = self.out.len();
        self.perhaps_blank();
        self.put("{");
        self.perhaps_blank();
        statement(self);
        self.perhaps_blank();
        self.put("}");
        if self.out[start..].contains('\n') {
            self.out.truncate(start);
            self.block(statement);
        }
    }

    fn item(&mut self) {
        match self.choose(10) {
            0 | 1 => {
                self.word("phase");
                self.name();
                self.blank();
                self.title();
                self.block(|maker| maker.of_phase(2));
            }
            2 => {
                self.word("let");
                self.name();
                self.perhaps_blank();
                self.put("=");
                self.perhaps_blank();
                self.expression();
            }
            3 => {
                self.word("every");
                self.put("phase");
                self.small_block(|maker| maker.of_phase(2));
            }
            4 => {
                self.word("param");
                self.name();
                self.perhaps_blank();
                self.put(":");
                self.perhaps_blank();
                self.one(&["int", "list< glob >", "list<list<path>>"]);
                if self.chance(2) {
                    self.blank();
                    self.put("=");
                    self.perhaps_blank();
                    self.expression();
                }
            }
            5 => {
                self.word("check");
                self.name();
                self.put("(");
                self.sequence(|maker| {
                    maker.name();
                    maker.inner_gap();
                    maker.put(":");
                    maker.inner_gap();
                    maker.put("list<glob>");
                    if maker.chance(2) {
                        maker.blank();
                        maker.put("=");
                        maker.inner_gap();
                        maker.expression();
                    }
                });
                self.put(")");
                self.block(|maker| maker.step());
            }
            6 => {
                self.word("plan");
                self.title();
                self.block(Self::of_plan);
            }
            7 => {
                self.word("test");
                self.title();
                self.block(Self::of_test);
            }
            8 => {
                self.word("use");
                self.one(&["\"./a.gate\"", "'./b/c.gate'   as   x"]);
            }
            _ => {
                self.word("include");
                self.put("'./a.gate'");
            }
        }
        self.end();
    }

    fn of_plan(&mut self) {
        match self.choose(8) {
            0 => self.slot("base"),
            1 => self.list("shell"),
            2 => self.slot("jobs"),
            3 => self.list("share"),
            4 => self.put("amend  by 'a@b' ,\n\t\"c@d\""),
            5 => self.put("secret  A,B"),
            6 => self.put("lint  W001   off"),
            _ => self.env(),
        }
    }

    fn env(&mut self) {
        self.word("env");
        self.put("A_1");
        self.perhaps_blank();
        self.put("=");
        self.perhaps_blank();
        self.expression();
    }

    fn of_phase(&mut self, nested: usize) {
        match self.choose(if nested > 0 { 12 } else { 9 }) {
            0 | 1 => {
                self.word("gate");
                self.name();
                self.blank();
                if self.chance(3) {
                    self.title();
                    self.blank();
                }
                self.step();
            }
            2 | 3 => {
                self.word("gate");
                self.put("\"{{a}}-x\"");
                if self.chance(2) {
                    self.blank();
                    self.title();
                }
                self.block(|maker| maker.of_gate(2));
            }
            4 => {
                self.put("scope");
                self.small_block(Self::of_scope);
            }
            5 => {
                self.slot("tasks");
                if self.chance(2) {
                    self.blank();
                    self.slot("under");
                }
            }
            6 => {
                self.word("manual");
                self.name();
                self.blank();
                self.title();
                self.block(Self::of_manual);
            }
            7 => {
                self.time("timeout");
            }
            8 => self.service(),
            9 => {
                self.slot("tag");
                if self.chance(2) {
                    self.blank();
                    self.slot("message");
                }
            }
            10 => {
                self.one(&["commit feat ", "commit\tfix(  core )   ", "commit ci()  "]);
                self.operand();
                if self.chance(3) {
                    self.small_block(|maker| {
                        maker.one(&["body ", "breaking  ", "trailer  A-b "]);
                        maker.operand();
                    });
                }
            }
            _ => {
                self.word("for");
                self.name();
                self.blank();
                self.word("in");
                self.expression();
                self.block(|maker| maker.of_phase(0));
            }
        }
    }

    fn of_scope(&mut self) {
        match self.choose(5) {
            0 => self.list("allow"),
            1 => self.list("deny"),
            2 => {
                self.list("forbid");
                if self.chance(3) {
                    self.put(",");
                    self.open_gap();
                    self.put("/x  #/i");
                }
                if self.chance(2) {
                    self.blank();
                    self.list("in");
                }
            }
            3 => {
                self.one(&["limit  40  files", "limit 1MB   per  file", "limit\t1 line"]);
            }
            _ => self.list("require"),
        }
    }

    fn of_gate(&mut self, nested: usize) {
        match self.choose(if nested > 0 { 14 } else { 12 }) {
            0..=5 => self.step(),
            6 => self.slot("in"),
            7 => {
                self.list("inputs");
                if self.chance(3) {
                    self.blank();
                    self.put("allow-empty");
                }
            }
            8 => {
                self.slot("retry");
                if self.chance(2) {
                    self.blank();
                    self.time("every");
                }
            }
            9 => self.list("needs"),
            10 => {
                self.word("when");
                self.expression();
            }
            11 => self.env(),
            12 => {
                self.put("proof ");
                self.small_block(Self::of_proof);
            }
            _ => {
                self.word("for");
                self.name();
                self.blank();
                self.word("in");
                self.expression();
                self.block(|maker| maker.of_gate(0));
            }
        }
    }

    fn of_proof(&mut self) {
        match self.choose(4) {
            0 => {
                self.one(&["write ", "append  "]);
                self.operand();
                self.blank();
                self.operand();
            }
            1 => {
                self.slot("replace");
                self.blank();
                self.operand();
                self.blank();
                self.operand();
            }
            2 => self.slot("remove"),
            _ => self.env(),
        }
    }

    fn of_test(&mut self) {
        match self.choose(3) {
            0 => self.of_proof(),
            1 => {
                self.put("check a");
                self.arguments();
            }
            _ => self.one(&[
                "expect  passes",
                "expect blocked",
                "expect fails",
                "expect  fails \"a\"  at 'b:1'",
                "expect fails at 'b'",
            ]),
        }
    }

    fn of_manual(&mut self) {
        match self.choose(6) {
            0 => self.slot("step"),
            1 => self.slot("expected"),
            2 => self.command(),
            3 => self.time("expires"),
            4 => self.put("by 'a' ,  \"b\""),
            _ => self.put("signed"),
        }
    }

    fn service(&mut self) {
        self.word("service");
        self.name();
        self.block(|maker| match maker.choose(5) {
            0 => maker.command(),
            1 => {
                maker.one(&["ready  port ", "ready within 5s  http ", "ready output "]);
                maker.operand();
            }
            2 => {
                maker.slot("ready port");
                maker.blank();
                maker.time("within");
            }
            3 => {
                maker.put("ready  ");
                maker.command();
            }
            _ => maker.put("stop   SIGINT  within  5s"),
        });
    }

    fn command(&mut self) {
        self.put("$");
        self.blank();
        self.one(&[
            "true",
            "echo  a  # b  ",
            "x {{  a }} '} \\{{ \"",
            "a \\\n   && b \\\n\t&& c ",
        ]);
        self.put("\n");
    }

    fn step(&mut self) {
        match self.choose(10) {
            0 | 1 => self.command(),
            2 | 3 => {
                self.word("expect");
                self.expression();
            }
            4 => {
                self.word("let");
                self.name();
                self.perhaps_blank();
                self.put("=");
                self.perhaps_blank();
                self.expression();
            }
            5 => self.slot("run"),
            6 => {
                self.slot("script");
                self.blank();
                self.operand();
            }
            7 => {
                self.put("check a.b-c");
                self.arguments();
            }
            8 => self.one(&[
                "rhai{ fail(\"}\"); }",
                "rhai   {\n let x = #{};\n   // }\n\n}",
                "rhai  'x.rhai'",
            ]),
            _ => {
                self.word("ratchet");
                self.name();
                self.blank();
                self.put("=");
                self.perhaps_blank();
                self.expression();
                self.blank();
                self.one(&["rises", "falls"]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn any_plan(choices in prop::collection::vec(any::<u8>(), 0..400)) {
        formatted(&Maker::new(choices).plan());
    }
}
