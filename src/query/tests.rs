//! The engine on its own; what Python says is asked in `tests/query/`.

use super::*;
use crate::model::{Map, json};

fn search(expression: &str, document: &str) -> String {
    let document = json::parse(document).expect("the document is JSON");
    match compile(expression).and_then(|compiled| compiled.search(&document)) {
        Ok(result) => json::to_compact(&result),
        Err(error) => format!("{:?} {:?}: {error}", error.stage(), error.kind()),
    }
}

#[test]
fn order_and_digits_survive() {
    let document = r#"{"z": {"d": 4, "a": 1}, "n": 123456789012345678901234567890, "f": 2.50}"#;
    for (expression, expected) in [
        ("@", r#"{"z": {"d": 4, "a": 1}, "n": 123456789012345678901234567890, "f": 2.5}"#),
        ("{z: f, a: n}", r#"{"z": 2.5, "a": 123456789012345678901234567890}"#),
        ("keys(z)", r#"["d", "a"]"#),
        ("z.*", "[4, 1]"),
        ("merge(z, `{\"c\": 3, \"d\": 0}`)", r#"{"d": 0, "a": 1, "c": 3}"#),
        ("`{\"b\": 18446744073709551616, \"a\": 1.0}`", r#"{"b": 18446744073709551616, "a": 1.0}"#),
        ("sum([n, n])", "246913578024691357802469135780"),
    ] {
        assert_eq!(search(expression, document), expected, "{expression}");
    }
}

#[test]
fn the_crate_gets_what_it_reads_as_python_does() {
    // See the list of bridges in `respell`.
    for (expression, expected) in [
        ("a.b[0].c", "a.b[0].c"),
        ("{b: `2`, \"a\": 'x'}", "{b:`0`,\"a\":`1`}"),
        ("a[1:2][0]", "a[0:][1]"),
        ("a[0][1:2].b", "a[0][1].b"),
        ("a.{b: b}.b", "a.[`null`,{b:b}].b"),
        ("a.*.b", "a.*.b"),
        ("a.*.b.c", "(a.*.b).c"),
        ("a.*.b.*.c.d", "((a.*.b).*.c).d"),
        ("a[*].b.*.c.d", "a[*].[`null`,(b.*.c).d]"),
        ("a[*][0].*.c.d", "a[*].[`null`,([0].*.c).d]"),
        ("a[?b].c.*.d[?e]", "(a[?b].c.*.d)[?e]"),
        ("{a: b c: d}", "{a:b,c:d}"),
        ("f(a b,)", "f(a,b)"),
        ("& &a", "& & a"),
    ] {
        let normalized = normalize::normalize(expression).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(normalized.text, expected, "{expression}");
        assert!(compile(expression).is_ok(), "{expression}");
    }
}

#[test]
fn an_error_knows_its_stage_and_class() {
    for (expression, expected) in [
        ("", "Compile Empty: Invalid JMESPath expression: cannot be empty."),
        ("a[", "Compile Incomplete: Invalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^"),
        ("#", "Compile Lexer: Bad jmespath expression: Unknown token #:\n#\n^"),
        ("nope(@)", "Search UnknownFunction: Unknown function: nope()"),
        ("[0:1:0]", "Search Value: slice step cannot be zero"),
        ("`1` < 'a'", "Search Type: '<' not supported between instances of 'int' and 'str'"),
    ] {
        assert_eq!(search(expression, "[]"), expected, "{expression}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_fatal() {
    let many = 100_000;
    for (opening, middle, closing) in [
        ("(", "a", ")"),
        ("[", "a", "]"),
        ("{a: ", "a", "}"),
        ("[?", "a", "]"),
        ("!", "a", ""),
        ("&", "a", ""),
        ("f(", "a", ")"),
        ("a.[", "a", "]"),
        ("a[?", "a", "]"),
        ("*.", "a", ""),
        ("[*]", "", ""),
        ("[0]", "", ""),
        ("", "a", ".a"),
        ("", "a", ".*"),
        ("", "a", "[0]"),
        ("", "a", "[]"),
        ("", "a", " || a"),
        ("", "a", "==a"),
        ("", "a", "|a"),
    ] {
        let expression = format!("{}{middle}{}", opening.repeat(many), closing.repeat(many));
        let error = compile(&expression).expect_err("too deep");
        // Without a blank between them two `&` are one operator, and that comes first.
        let expected = if opening == "&" { ErrorKind::Parse } else { ErrorKind::TooDeep };
        assert_eq!(error.kind(), expected, "{opening}{middle}{closing}");
    }
    let literal = format!("`{}{}`", "[".repeat(many), "]".repeat(many));
    assert_eq!(compile(&literal).map_err(|error| error.kind()), Err(ErrorKind::TooDeep));
}

#[test]
fn the_deepest_that_is_read_fits_the_stack() {
    let deep = MAX_DEPTH - 2;
    // How many levels of the tree one repetition makes decides how often it fits.
    for (opening, closing, levels) in [
        ("(", ")", 1),
        ("[", "]", 1),
        ("{a: ", "}", 1),
        ("not_null(", ")", 1),
        ("!", "", 1),
        ("a[?", "]", 1),
        ("@.*.[", "]", 3),
    ] {
        let times = deep / levels;
        let expression = format!("{}a{}", opening.repeat(times), closing.repeat(times));
        let compiled = compile(&expression).unwrap_or_else(|error| panic!("{opening}: {error}"));
        assert!(compiled.search(&Value::Map(Map::new())).is_ok(), "{opening}");
    }
    for link in [".a", "[0]", " || a", " | a", "[]", ".*.b"] {
        let expression = format!("a{}", link.repeat((MAX_HEIGHT - 2) / link.matches('.').count().max(1)));
        assert!(compile(&expression).is_ok_and(|compiled| compiled.search(&Value::Null).is_ok()), "{link}");
    }
    let wide = format!("[{}a]", "a,".repeat(10_000));
    assert!(compile(&wide).is_ok(), "width is no depth");
}

#[test]
fn a_compiled_expression_can_be_shared() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug>(_: &T) {}
    let expression = compile("a.b").expect("an expression");
    shared(&expression);
    assert_eq!(expression.text(), "a.b");
    let field = |name: &str| Box::new(ast::Node::Field(name.to_owned()));
    assert_eq!(expression.ast(), &ast::Node::Then(field("a"), field("b")));
}
