//! The decimal digits of every script, which Python's `int()` and `float()` read as it reads ours.

use std::borrow::Cow;

/// The value of a decimal digit of any script (Unicode's `Nd`).
pub fn decimal_digit(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let code = u32::from(character);
    let block = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    Some(code - ZEROS[block]).filter(|&digit| digit < 10)
}

/// The text with every decimal digit as one of ASCII's.
pub fn ascii_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let ours = |c| decimal_digit(c).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c);
    Cow::Owned(text.chars().map(ours).collect())
}

/// The zero of each run of ten decimal digits beyond ASCII, in order: Unicode 16.0.0, made with
/// Python 3.14.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950, 0x11bf0, 0x11c50,
    0x11d50, 0x11da0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50, 0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::{ZEROS, ascii_digits, decimal_digit};

    #[test]
    fn digits_of_all_scripts_have_a_value() {
        for (character, value) in [('0', Some(0)), ('9', Some(9)), ('٣', Some(3)), ('９', Some(9)), ('𝟡', Some(9))]
        {
            assert_eq!(decimal_digit(character), value, "{character}");
        }
        // Numbers, but no decimal digits.
        assert!(['a', '²', '½', '三', 'Ⅷ', '\u{66a}'].into_iter().all(|c| decimal_digit(c).is_none()));
        assert_eq!(ascii_digits("-١_٢.５ é"), "-1_2.5 é");
        assert!(ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
    }
}
