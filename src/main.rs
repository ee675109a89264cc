//! `tandem`: a SIP softswitch for contact centres. Everything is in the library; see `tandem --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tandem::shell::cli::main()
}
