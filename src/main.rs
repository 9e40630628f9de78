//! Reads the configuration and runs one command.

fn main() {}
