use proptest::prelude::*;

use super::{Column, Flag, Row, SEVERITIES, SPAN, Segment, Values};

const COLUMNS: [Column; 6] =
    [Column::Kind, Column::Size, Column::Pushed, Column::Pulled, Column::Scanned, Column::Findings(3)];

fn of(row: &Row, column: Column) -> Option<i64> {
    match column {
        Column::Kind => Some(row.kind),
        Column::Size => row.size,
        Column::Pushed => row.pushed,
        Column::Pulled => row.pulled,
        Column::Scanned => row.scanned,
        Column::Findings(severity) => Some(row.findings.map_or(0, |counts| counts[severity])),
    }
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -3i64..300,
        (0i64..5000).prop_map(|n| n * 1_000_000),
        (0i64..5000).prop_map(|n| n * 1000 + 7)
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let option = || proptest::option::of(number());
    (
        number(),
        option(),
        option(),
        option(),
        option(),
        proptest::option::of([number(), number(), number(), number(), number(), number()]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(kind, size, pushed, pulled, scanned, findings, tagged, attached)| Row {
            kind,
            size,
            pushed,
            pulled,
            scanned,
            findings,
            tagged,
            attached,
        })
}

/// Rows that all have the same if the bits say so: then columns are constant, small or empty.
fn rows() -> impl Strategy<Value = Vec<(usize, Row)>> {
    (row(), 0u8..=255, proptest::collection::vec((0..SPAN, row()), 1..SPAN * 2)).prop_map(|(same, bits, mut rows)| {
        for (_, row) in &mut rows {
            if bits & 1 != 0 {
                row.kind = same.kind;
            }
            if bits & 2 != 0 {
                row.size = same.size;
            }
            if bits & 4 != 0 {
                row.pushed = row.pushed.map(|time| time.rem_euclid(4096) * 1_000_000 + 1_600_000_000_000_000);
            }
            if bits & 8 != 0 {
                row.pulled = same.pulled;
            }
            if bits & 16 != 0 {
                row.scanned = None;
            }
            if bits & 32 != 0 {
                row.findings = same.findings;
            }
            if bits & 64 != 0 {
                row.tagged = same.tagged;
            }
            if bits & 128 != 0 {
                row.findings = row.findings.map(|counts| counts.map(|count| count.rem_euclid(9)));
            }
        }
        rows
    })
}

proptest! {
    #[test]
    fn what_is_packed_is_read_and_compared_as_it_was(rows in rows(), from in number(), to in number()) {
        let mut expected: [Option<Row>; SPAN] = [None; SPAN];
        let mut values = Values::default();
        for (slot, row) in rows {
            expected[slot] = Some(row);
            values.set(slot, row);
        }
        let bytes = values.encode();
        let mut segment = Segment::default();
        prop_assert!(segment.read(&bytes).is_some());
        for column in COLUMNS {
            let numbers = segment.numbers(column);
            let mut unpacked = [0; SPAN];
            numbers.unpack(&mut unpacked);
            let within = numbers.within(from, to);
            for (slot, row) in expected.iter().enumerate() {
                let value = row.as_ref().and_then(|row| of(row, column));
                prop_assert_eq!(numbers.get(slot), value, "{:?} {}", column, slot);
                prop_assert_eq!(numbers.present() >> slot & 1 == 1, value.is_some());
                if let Some(value) = value {
                    prop_assert_eq!(unpacked[slot], value);
                    prop_assert!(numbers.constant().is_none_or(|same| same == value));
                }
                let inside = value.is_some_and(|value| (from..=to).contains(&value));
                prop_assert_eq!(within >> slot & 1 == 1, inside, "{:?} {} {:?}", column, slot, value);
            }
        }
        for (flag, expected) in [
            (Flag::Tagged, expected.map(|row| row.is_some_and(|row| row.tagged))),
            (Flag::Attached, expected.map(|row| row.is_some_and(|row| row.attached))),
            (Flag::Counted, expected.map(|row| row.is_some_and(|row| row.findings.is_some()))),
        ] {
            for (slot, expected) in expected.into_iter().enumerate() {
                prop_assert_eq!(segment.flags(flag) >> slot & 1 == 1, expected);
            }
        }
        // Shorter and longer bytes are not a segment.
        prop_assert!(segment.read(&bytes[..bytes.len() - 1]).is_none());
        prop_assert!(segment.read(&[&bytes[..], &[0]].concat()).is_none());
    }

    /// Whatever the bytes are, reading them ends, and so does all that is asked of what was read.
    #[test]
    fn any_bytes_are_read_or_refused(rows in rows(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), from in number(), to in number()) {
        let mut values = Values::default();
        for (slot, row) in rows {
            values.set(slot, row);
        }
        let mut bytes = values.encode();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut segment = Segment::default();
        if segment.read(&bytes).is_some() {
            for column in COLUMNS {
                let numbers = segment.numbers(column);
                let mut unpacked = [0; SPAN];
                numbers.unpack(&mut unpacked);
                let _ = numbers.within(from, to);
                for (slot, unpacked) in unpacked.iter().enumerate() {
                    prop_assert!(numbers.get(slot).is_none_or(|value| value == *unpacked));
                }
            }
        }
    }
}

/// The layout is as the module's documentation has it: a change of it is a new version.
#[test]
fn the_layout_stays() {
    let mut values = Values::default();
    values.set(
        1,
        Row {
            kind: 3,
            size: Some(1000),
            pushed: Some(1_700_000_000_000_000),
            pulled: None,
            scanned: None,
            findings: Some([1, 0, 0, 0, 0, 0]),
            tagged: true,
            attached: false,
        },
    );
    let bit = (1u64 << 1).to_le_bytes();
    let column =
        |width: u8, exponent: u8, least: i64| [&[width + 128, exponent][..], &least.to_le_bytes(), &bit].concat();
    let zero = column(0, 6, 0);
    let one = column(0, 6, 1);
    let expected = [
        vec![1],
        column(0, 6, 3),
        column(0, 6, 1000),
        column(0, 6, 1_700_000_000_000_000),
        vec![255],
        vec![255],
        one,
        zero.repeat(SEVERITIES - 1),
        [&[2][..], &bit].concat(),
        vec![0],
        [&[2][..], &bit].concat(),
    ]
    .concat();
    assert_eq!(values.encode(), expected);
}
