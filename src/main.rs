//! The command line of `gate`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gatelang::cli::main()
}
