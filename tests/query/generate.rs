//! Random expressions and documents for the differential run, the same ones for the same seed.

use serde_json::{Value, json};

/// A small generator of random numbers (`SplitMix64`), so that a seed means the same forever.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const NAMES: &[&str] = &[
    "imageDetails",
    "imageDetails",
    "imageDigest",
    "imageTags",
    "imageTags",
    "imageSizeInBytes",
    "imagePushedAt",
    "summary",
    "findings",
    "HIGH",
    "\"LOW\"",
    "\"\\u00e9t\\u00e9\"",
    "\"two words\"",
    "missing",
];
const LITERALS: &[&str] = &[
    "`null`",
    "`true`",
    "`false`",
    "`0`",
    "`1`",
    "`-1`",
    "`1.0`",
    "`1.5`",
    "`12345678901234567890`",
    "`\"a\"`",
    "`text`",
    "` lead`",
    "`[]`",
    "`{}`",
    "`[1, 2.5, 3]`",
    "`[\"b\", \"a\"]`",
    "`{\"b\": 1, \"a\": [true]}`",
    "`[1, \"a\", null]`",
    "`[[\"k\", 1]]`",
    "`NaN`",
    "`a\\`b`",
    "'latest'",
    "'v1'",
    "''",
    "'it\\'s'",
    "'10'",
    "'1.50'",
    "'\u{e9}'",
    "'sha256:'",
];
const ONE_ARGUMENT: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "floor",
    "keys",
    "length",
    "max",
    "min",
    "reverse",
    "sort",
    "sum",
    "to_array",
    "to_number",
    "to_string",
    "type",
    "values",
    "unknown",
];
const COMPARATORS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", " == ", " < "];
const NOISE: &[&str] = &[
    ".", "*", "[", "]", "[]", "[?", "(", ")", "{", "}", ",", ":", "@", "&", "&&", "|", "||", "!", "=", "==", "<", "`",
    "'", "\"", "-", "-1", "0", "a", " ", "\\", "#", "\u{e9}", "$",
];

const ROW: &[&str] = &[
    ".*",
    ".*",
    ".*",
    "[*]",
    "[]",
    "[0]",
    "[-1]",
    "[1:]",
    "[:2]",
    "[?@]",
    "[?HIGH]",
    ".findings",
    ".HIGH",
    ".LOW",
    ".imageTags",
    ".imageDetails",
    ".{HIGH: HIGH, all: @}",
    ".[HIGH, @]",
    " | ",
    " || ",
    " == ",
    "summary",
    "@",
    "*",
    "[",
    "]",
];

/// An expression; about one in four is damaged, and one in eight is a row of tokens by chance.
pub(crate) fn expression(random: &mut Random) -> String {
    if random.one_in(8) {
        return row(random);
    }
    let mut text = build(random, 4);
    if random.one_in(4) {
        for _ in 0..=random.below(2) {
            damage(random, &mut text);
        }
    }
    text
}

/// Names with what binds them, which is where parsers differ.
fn row(random: &mut Random) -> String {
    let mut text = random.pick(&["@", "*", "imageDetails", "imageDetails[*]", "summary", "!summary", "[]"]).to_owned();
    for _ in 0..random.below(7) {
        text.push_str(random.pick(ROW));
    }
    text
}

fn build(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return match random.below(4) {
            0 => random.pick(LITERALS).to_owned(),
            1 => "@".to_owned(),
            _ => random.pick(NAMES).to_owned(),
        };
    }
    let depth = depth - 1;
    match random.below(16) {
        0..=5 => {
            let mut text = build(random, depth);
            for _ in 0..=random.below(3) {
                text.push_str(&suffix(random, depth));
            }
            text
        }
        6 => format!("{}{}{}", build(random, depth), random.pick(COMPARATORS), build(random, depth)),
        7 => {
            let operator = random.pick(&[" || ", "&&", " | ", "|"]);
            format!("{}{operator}{}", build(random, depth), build(random, depth))
        }
        8 => format!("!{}", build(random, depth)),
        9 => format!("({})", build(random, depth)),
        10 => list(random, depth),
        11 => hash(random, depth),
        12 => format!("{}{}", random.pick(&["*", "[*]", "[]", "@", "[0]", "[1:]", "[::-1]"]), suffix(random, depth)),
        _ => call(random, depth),
    }
}

/// What can follow an expression.
fn suffix(random: &mut Random, depth: usize) -> String {
    match random.below(12) {
        0..=3 => format!(".{}", random.pick(NAMES)),
        4 => ".*".to_owned(),
        5 => "[*]".to_owned(),
        6 => "[]".to_owned(),
        7 => format!("[?{}]", build(random, depth)),
        8 => format!("[{}]", random.pick(&["0", "1", "-1", "-2", "07", "-0", "99999999999999999999"])),
        9 => {
            let bounds = ["", "0", "1", "-1", "2", "-3", "99999999999999999999", "-99999999999999999999"];
            let step = random.pick(&["", "", ":", ":2", ":-1", ":-2", ":0"]);
            format!("[{}:{}{step}]", random.pick(&bounds), random.pick(&bounds))
        }
        10 => format!(".{}", list(random, depth)),
        _ => format!(".{}", hash(random, depth)),
    }
}

fn list(random: &mut Random, depth: usize) -> String {
    let items: Vec<_> = (0..=random.below(3)).map(|_| build(random, depth)).collect();
    format!("[{}]", items.join(", "))
}

fn hash(random: &mut Random, depth: usize) -> String {
    let pairs: Vec<_> =
        (0..=random.below(3)).map(|_| format!("{}: {}", random.pick(NAMES), build(random, depth))).collect();
    format!("{{{}}}", pairs.join(random.pick(&[",", ", ", ",", " "])))
}

fn call(random: &mut Random, depth: usize) -> String {
    let array = random.pick(&["imageDetails", "imageDetails", "@", "imageTags", "imageDetails[].imageTags[]"]);
    let reference = format!("&{}", build(random, depth.min(1)));
    match random.below(10) {
        0..=3 => format!("{}({})", random.pick(ONE_ARGUMENT), build(random, depth)),
        4 => format!("{}({array}, {reference})", random.pick(&["sort_by", "min_by", "max_by"])),
        5 => format!("map({reference}, {array})"),
        6 => {
            let name = random.pick(&["contains", "starts_with", "ends_with", "join", "not_null"]);
            format!("{name}({}, {})", build(random, depth), build(random, depth))
        }
        7 => {
            let arguments: Vec<_> = (0..random.below(4)).map(|_| build(random, depth)).collect();
            format!("{}({})", random.pick(&["merge", "not_null", "length", "join"]), arguments.join(","))
        }
        8 => format!("{}(imageDetails[*].{})", random.pick(ONE_ARGUMENT), random.pick(NAMES)),
        _ => format!("{}({reference})", random.pick(ONE_ARGUMENT)),
    }
}

/// Take a character away, put something in, or cut the end off.
fn damage(random: &mut Random, text: &mut String) {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    if places.is_empty() {
        return;
    }
    let place = places[random.below(places.len())];
    match random.below(5) {
        0 | 1 => {
            text.remove(place);
        }
        2 => text.truncate(place),
        _ => text.insert_str(place, random.pick(NOISE)),
    }
}

/// A document like a page of image details, with gaps and wrong types here and there.
pub(crate) fn document(random: &mut Random) -> Value {
    let details: Vec<_> = (0..random.below(5)).map(|_| detail(random)).collect();
    let mut page = json!({ "imageDetails": details, "imageTags": ["b", "a"], "HIGH": 2, "été": [[1], [2, [3]], 4] });
    if random.one_in(3) {
        page["summary"] = json!({ "findings": { "LOW": 1.5, "HIGH": 3 }, "imageTags": { "x": { "HIGH": null } } });
    }
    page
}

fn detail(random: &mut Random) -> Value {
    let mut detail = json!({});
    let digest = format!("sha256:{:064x}", random.next());
    let mut add = |random: &mut Random, name: &str, value: Value| {
        if !random.one_in(5) {
            detail[name] = if random.one_in(12) { Value::Null } else { value };
        }
    };
    add(random, "imageDigest", json!(digest));
    let tags = ["latest", "v1", "v2", "été", "v1.10", "prod"];
    let tags: Vec<_> = (0..random.below(4)).map(|_| random.pick(&tags)).collect();
    add(random, "imageTags", json!(tags));
    // Fractions of two, so that a sum is exact in whatever order and manner it is made.
    let sizes = [json!(0), json!(1), json!(52_428_800), json!(9_007_199_254_740_993_i64), json!(2.5), json!(true)];
    let size = sizes[random.below(sizes.len())].clone();
    add(random, "imageSizeInBytes", size);
    let pushed = random.below(3);
    add(random, "imagePushedAt", json!(format!("2024-03-0{}T10:00:00+00:00", pushed + 1)));
    let high = random.below(5);
    add(random, "findings", json!({ "HIGH": high, "LOW": [high, "x", null], "MEDIUM": { "HIGH": [{ "LOW": 1 }] } }));
    add(random, "two words", json!([[], {}, ""]));
    detail
}
