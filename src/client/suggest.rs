//! Which of some words one mistyped word is close to, as Python's `difflib.get_close_matches`.

/// Up to three of `words` whose likeness to `word` is at least 0.8, the closest first.
///
/// Words of too different a length cannot be that close and are not compared, so the work stays
/// small for any argument.
pub(crate) fn close_matches<'a>(word: &str, words: &[&'a str]) -> Vec<&'a str> {
    let typed: Vec<char> = word.chars().collect();
    let mut close: Vec<(f64, &str)> = words
        .iter()
        .filter(|candidate| {
            5 * candidate.chars().count().min(typed.len()) >= 2 * (candidate.chars().count() + typed.len())
        })
        .map(|candidate| (likeness(&candidate.chars().collect::<Vec<_>>(), &typed), *candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .collect();
    // The largest pairs first: of two that are equally close, the word that sorts last.
    close.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| right.1.cmp(left.1)));
    close.truncate(3);
    close.into_iter().map(|(_, word)| word).collect()
}

/// Twice the matching characters over all characters.
fn likeness(left: &[char], right: &[char]) -> f64 {
    let length = left.len() + right.len();
    if length == 0 {
        return 1.0;
    }
    2.0 * matching(left, right) as f64 / length as f64
}

/// The characters in the longest common block, in what is left of it and in what is right of it.
fn matching(left: &[char], right: &[char]) -> usize {
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    let (mut best, mut best_left, mut best_right) = (0, 0, 0);
    let mut ending_here = vec![0; right.len() + 1];
    for (at_left, from_left) in left.iter().enumerate() {
        let mut before = 0;
        for (at_right, from_right) in right.iter().enumerate() {
            let length = if from_left == from_right { before + 1 } else { 0 };
            before = std::mem::replace(&mut ending_here[at_right + 1], length);
            if length > best {
                (best, best_left, best_right) = (length, at_left + 1 - length, at_right + 1 - length);
            }
        }
    }
    if best == 0 {
        return 0;
    }
    best + matching(&left[..best_left], &right[..best_right])
        + matching(&left[best_left + best..], &right[best_right + best..])
}

#[cfg(test)]
mod tests {
    use super::close_matches;

    #[test]
    fn only_what_is_close_is_suggested_the_closest_first() {
        let formats = ["json", "text", "table", "yaml", "yaml-stream", "off"];
        for (typed, expected) in [
            ("jso", vec!["json"]),
            ("jsno", vec![]),
            ("tabel", vec!["table"]),
            ("yaml-strem", vec!["yaml-stream"]),
            ("xml", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(close_matches(typed, &formats), expected, "{typed}");
        }
        assert_eq!(close_matches("describe-image", &["describe-images", "list-images"]), ["describe-images"]);
        assert!(close_matches(&"json".repeat(10_000), &formats).is_empty());
    }
}
