//! Every target of `fuzz/` over its corpus and damaged copies of it. How many of the files are taken is fixed, so that a
//! corpus does not come to test refusals alone.

use super::{Numbers, corpus, damaged, inputs};

/// Run a target; how many of the files themselves are taken.
fn run(name: &str, copies: usize, target: fn(&[u8]) -> bool) -> usize {
    let mut taken = 0;
    for (file, data) in corpus(name) {
        taken += usize::from(target(&data));
        let mut numbers = Numbers::new(file.as_bytes());
        for _ in 0..copies {
            target(&damaged(&data, &mut numbers));
        }
    }
    taken
}

#[test]
fn pages() {
    assert_eq!(run("page", 100, inputs::page), 12);
}

#[test]
fn yaml_pages() {
    assert_eq!(run("yaml", 100, inputs::yaml), 3);
}

#[test]
fn archives() {
    assert_eq!(run("archive", 100, inputs::archive), 6);
}

#[test]
fn tokens() {
    assert_eq!(run("token", 40, inputs::token), 4);
}

#[test]
fn shorthand() {
    assert_eq!(run("shorthand", 300, inputs::shorthand), 8);
}

#[test]
fn expressions() {
    assert_eq!(run("jmespath", 300, inputs::jmespath), 12);
}

#[test]
fn yaml_parameters() {
    assert_eq!(run("cli_input_yaml", 300, inputs::cli_input_yaml), 7);
}

#[test]
fn bodies() {
    assert_eq!(run("serve_body", 100, inputs::serve_body), 6);
}

#[test]
fn damaged_stores() {
    // Without a change it is whole; which other changes matter depends on where SQLite put what.
    assert!(inputs::store(b""));
    run("store", 12, inputs::store);
}
