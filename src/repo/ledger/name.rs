//! The name of the ref that a plan's ledger has.

/// The ref of a plan's ledger. What may not stand in a ref is written `%XX`.
pub(in crate::repo) fn ledger_ref(plan: &str) -> String {
    let mut name = String::from("refs/gate/ledger/");
    let mut before = '/';
    for (at, c) in plan.char_indices() {
        let rest = plan.get(at..).unwrap_or_default();
        let part = rest.split('/').next().unwrap_or_default();
        let escape = match c {
            ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\' | '%' | '\x7f' => true,
            '@' => rest.starts_with("@{") || (before == '/' && part == "@"),
            '.' => matches!(before, '/' | '.') || part == ".lock" || part == ".",
            '/' => before == '/',
            _ => c.is_control(),
        };
        if escape {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                name.push_str(&format!("%{byte:02X}"));
            }
        } else {
            name.push(c);
        }
        before = c;
    }
    name
}
