//! The plan that is measured; `tests/corpus.rs` sees to it that it is a good one.

use std::fmt::Write as _;

const HEAD: &str = r#"plan "a plan" {
  base    "main"
  timeout 10m
}

param port: int = 9753
let services = ["ingest", "enrich"]

## Nothing of the old is left.
check gone(word: string, in: list<glob> = "**") {
  check text.absent(word, in: in)
  $ ! git grep -q {{word}}
}

every phase {
  gate clean check git.clean()
}
"#;

/// A plan of about `lines` lines, like those people write.
pub fn plan(lines: usize) -> String {
    let mut text = HEAD.to_owned();
    let mut phase = 0;
    while text.lines().count() < lines || phase == 0 {
        // A block of 40 lines.
        for _ in 0..(lines / 400).max(1) {
            phase += 1;
            write!(
                text,
                r#"
phase part-{phase} "Part {phase} of the work" {{
  goal "Everything of part {phase} is there"

  scope {{
    allow  "part{phase}/**", "docs/part{phase}.md"
    deny   "**/*.lock"
    forbid "TODO", /console\.log/ in "part{phase}/src/**"
    limit  40 files
  }}

  tasks "tasks.md" under "Phase {{{{phase.number}}}}"

  gate types $ pnpm --dir part{phase} exec tsc --noEmit # the compiler's word
  gate gone  check gone("old{phase}", in: "part{phase}/**")

  # What the tests say.
  gate tests "No test fails" {{
    in      "part{phase}"
    needs   types
    inputs  "part{phase}/**"
    timeout 5m
    $ pnpm vitest run --reporter json --port {{{{port}}}}
    expect exit == 0 and stdout not matches /ambiguous|undefined/
    let report = stdout.json()
    expect report.numFailedTests == 0 and report.tests.len() > 10
  }}

  for service in services {{
    gate "{{{{service}}}}-builds" {{
      in "services/{{{{service}}}}"
      $ make {{{{service}}}} && echo "built {{{{service}}}}"
    }}
  }}

  commit feat "part {phase}"
  tag    "part-{{{{phase.number}}}}" message "{{{{phase.title}}}}"
}}
"#
            )
            .unwrap();
        }
    }
    text
}
