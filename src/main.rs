//! Arguments to the library, the library's outcome to an exit status.

fn main() {}
