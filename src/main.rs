//! The executable; see the library's documentation for the map of its modules.

fn main() -> std::process::ExitCode {
    outboxctl::main()
}
