//! The same three rows in every format; the second is hostile.

use super::{Cell, Column, Format, rows, short, whole_seconds};
use crate::model::{Digest, Instant};

fn printed(format: Format) -> String {
    let columns = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageDigest", "DIGEST"),
        Column::text("imageTags", "TAGS"),
        Column::number("bytes", "SIZE"),
        Column::text("pushedAt", "PUSHED"),
        Column::text("complete", "COMPLETE"),
    ];
    let digest = Digest::Sha256([0xab; 32]);
    let pushed = Instant::from_micros(1_772_330_400_250_000).expect("an instant");
    let tags = ["v1".to_owned(), "prod".to_owned()];
    let hostile = ["=1+1".to_owned()];
    let mut out = Vec::new();
    let mut printer = rows(format, columns, &mut out);
    for cells in [
        [
            Cell::text("shop/web"),
            Cell::Digest(&digest),
            Cell::List(&tags),
            Cell::Bytes(1_500_000_000),
            Cell::Instant(pushed),
            Cell::Flag(true),
        ],
        [
            Cell::text("-a|\u{1b}[2J\"<b>,\n"),
            Cell::Absent,
            Cell::List(&hostile),
            Cell::Absent,
            Cell::Absent,
            Cell::Flag(false),
        ],
    ] {
        printer.row(&cells).expect("memory");
    }
    printer.finish().expect("memory");
    drop(printer);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_table_is_aligned_and_inert() {
    let expected = "
REPOSITORY                         DIGEST               TAGS         SIZE   PUSHED                COMPLETE
shop/web                           sha256:abababababab  v1, prod  1.50 GB   2026-03-01 02:00:00   yes
-a|\\u{1b}[2J\"<b>,\\u{a}                               =1+1                                       no
";
    let squeezed = |text: &str| -> Vec<Vec<String>> {
        text.trim().lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    assert_eq!(squeezed(&printed(Format::Table)), squeezed(expected));
}

#[test]
fn json_has_exact_values() {
    let digest = "ab".repeat(32);
    let rows: serde_json::Value = serde_json::from_str(&printed(Format::Json)).expect("JSON");
    let expected = serde_json::json!([
        {"repositoryName": "shop/web", "imageDigest": format!("sha256:{digest}"), "imageTags": ["v1", "prod"],
         "bytes": 1_500_000_000, "pushedAt": "2026-03-01T02:00:00.250000Z", "complete": true},
        {"repositoryName": "-a|\u{1b}[2J\"<b>,\n", "imageDigest": null, "imageTags": ["=1+1"], "bytes": null,
         "pushedAt": null, "complete": false},
    ]);
    assert_eq!(rows, expected);
    let lines: Vec<serde_json::Value> =
        printed(Format::Ndjson).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(serde_json::Value::from(lines), expected);
}

#[test]
fn csv_runs_no_formula_and_moves_no_cursor() {
    let digest = "ab".repeat(32);
    assert_eq!(
        printed(Format::Csv),
        format!(
            "repositoryName,imageDigest,imageTags,bytes,pushedAt,complete\n\
             shop/web,sha256:{digest},v1 prod,1500000000,2026-03-01T02:00:00.250000Z,true\n\
             \"'-a|\\u{{1b}}[2J\"\"<b>,\n\",,'=1+1,,,false\n"
        )
    );
}

#[test]
fn markdown_stays_in_its_cell() {
    assert_eq!(
        printed(Format::Markdown),
        "| REPOSITORY | DIGEST | TAGS | SIZE | PUSHED | COMPLETE |\n\
         |---|---|---|--:|---|---|\n\
         | shop/web | sha256:abababababab | v1, prod | 1.50 GB | 2026-03-01 02:00:00 | yes |\n\
         | -a\\|\\\\u{1b}\\[2J\"\\<b\\>,\\\\u{a} |  | =1+1 |  |  | no |\n"
    );
}

#[test]
fn nothing_is_said_of_no_rows() {
    for (format, expected) in
        [(Format::Json, "[]\n"), (Format::Ndjson, ""), (Format::Csv, "a\n"), (Format::Markdown, "| A |\n|---|\n")]
    {
        let mut out = Vec::new();
        rows(format, vec![Column::text("a", "A")], &mut out).finish().expect("memory");
        assert_eq!(String::from_utf8(out).expect("UTF-8"), expected);
    }
}

#[test]
fn digests_and_instants_for_people() {
    assert_eq!(short(&Digest::Sha256([0x12; 32])), "sha256:121212121212");
    assert_eq!(short(&Digest::Other("sha256:1f5aEXAMPLE".into())), "sha256:1f5aEXAMPLE");
    let early = Instant::from_micros(-1).expect("an instant");
    assert_eq!(whole_seconds(early), "1969-12-31 23:59:59");
}

#[test]
fn a_long_list_is_cut_for_people_alone() {
    let tags: Vec<String> = (1..=12).map(|tag| format!("v{tag}")).collect();
    let printed = |format, count: usize| {
        let mut out = Vec::new();
        let mut rows = rows(format, vec![Column::text("imageTags", "TAGS")], &mut out);
        rows.row(&[Cell::List(&tags[..count])]).expect("a row");
        rows.finish().expect("an end");
        drop(rows);
        String::from_utf8(out).expect("UTF-8")
    };
    assert!(printed(Format::Table, 12).contains("v1, v2, v3, v4, v5, v6, v7, v8 and 4 more\n"));
    assert!(printed(Format::Markdown, 9).contains("v7, v8, v9"), "one more is no longer than saying so");
    assert!(printed(Format::Csv, 12).contains("v8 v9 v10 v11 v12"));
}

/// A table of two rows with every kind of cell, at a width.
fn fitted(width: usize) -> String {
    let columns = vec![
        Column::text("repositoryName", "REPOSITORY"),
        Column::text("imageTags", "TAGS"),
        Column::text("imageDigest", "DIGEST"),
        Column::text("pushedAt", "PUSHED"),
        Column::number("bytes", "SIZE").optional(1),
        Column::text("status", "STATUS").optional(2),
    ];
    let digest = Digest::Sha256([0xab; 32]);
    let pushed = Instant::from_micros(1_772_330_400_250_000).expect("an instant");
    let tags = ["1.5.0", "staging", "latest", "prod"].map(str::to_owned);
    let mut out = Vec::new();
    let mut printer = super::rows_within(Format::Table, columns, Some(width), &mut out);
    for name in ["shop/web", "platform/observability/collector"] {
        let cells = [
            Cell::text(name),
            Cell::List(&tags),
            Cell::Digest(&digest),
            Cell::Instant(pushed),
            Cell::Bytes(63_010_000),
            Cell::text("ACTIVE"),
        ];
        printer.row(&cells).expect("memory");
    }
    printer.finish().expect("memory");
    drop(printer);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_table_fits_its_width_and_never_wraps_a_date() {
    for (width, expected) in [
        (140, "2026-03-01 02:00:00"),
        (123, "2026-03-01 02:00:00"),
        (122, "2026-03-01 02:00 "),
        (118, "2026-03-01 "),
        (100, "2026-03-01 "),
        (80, "2026-03-01"),
        (60, "2026-03-01"),
    ] {
        let table = fitted(width);
        assert!(table.lines().all(|line| line.chars().count() <= width), "{width}:\n{table}");
        assert_eq!(table.matches(expected).count(), 2, "{width}:\n{table}");
    }
    // The optional columns go in order of their rank.
    assert!(fitted(90).contains("SIZE") && !fitted(90).contains("STATUS"), "{}", fitted(90));
    assert!(!fitted(60).contains("SIZE"), "{}", fitted(60));
    for width in 0..140 {
        let table = fitted(width);
        assert_eq!(table.matches("2026-03-01").count(), 2, "{width}:\n{table}");
    }
    assert_eq!(
        fitted(60).lines().take(4).collect::<Vec<_>>(),
        [
            " REPOSITORY        TAGS             DIGEST        PUSHED",
            " shop/web          1.5.0, staging,  abababababab  2026-03-01",
            "                   latest, prod",
            " platform/observa  1.5.0, staging,  abababababab  2026-03-01",
        ]
    );
}
