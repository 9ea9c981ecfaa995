//! However a listing is cut into pages and steps, the tokens join them to the whole.
//!
//! A walk keeps to one size of pages: the client's token counts rows of a page, so the AWS CLI, and
//! ours as well, shows rows again where a step continues with smaller ones.

use std::ffi::OsString;

use ecrsnap::internal::client::{self, Environment, OpenError, Selection};
use ecrsnap::internal::model::{Value, json};
use ecrsnap::internal::service::Ecr;
use proptest::prelude::*;

use super::details::{listing, page};
use super::properties::{REPOSITORY, Store};

/// What a line answers, as the parsed JSON that it prints.
fn answer(store: &Store, words: &[String]) -> Value {
    let line: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut open = |_: &Selection| Ok::<Box<dyn Ecr>, OpenError>(Box::new(store.ecr("one")));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = client::run(&line, &Environment::sealed(), &mut open, &mut out, &mut err);
    assert_eq!((status, String::from_utf8_lossy(&err).as_ref()), (0, ""), "{words:?}");
    json::parse(&String::from_utf8(out).expect("UTF-8")).expect("JSON")
}

/// How many rows each step asks for at most; nothing asks for the rest, and the last one is repeated.
fn steps() -> impl Strategy<Value = Vec<Option<usize>>> {
    let most = proptest::collection::vec(proptest::option::weighted(0.9, 1usize..12), 0..6);
    (most, 1usize..12).prop_map(|(mut steps, last)| {
        steps.push(Some(last));
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn steps_joined_by_tokens_are_the_whole_listing_once_and_in_order(
        details in listing(REPOSITORY, 40), size in proptest::option::of(1usize..12), steps in steps(),
        v1 in any::<bool>(), list in any::<bool>(),
    ) {
        let store = Store::new();
        store.take("one", &[page(&details, None)]);
        let (command, member) = if list { ("list-images", "imageIds") } else { ("describe-images", "imageDetails") };
        let words = |more: &[String]| {
            let line = ["--aws-cli", if v1 { "v1" } else { "v2" }, command, "--repository-name", REPOSITORY];
            let filter = ["--filter", "imageStatus=ANY"];
            line.iter().chain(&filter).map(|&word| word.to_owned()).chain(more.iter().cloned()).collect::<Vec<_>>()
        };
        let rows = |answer: &Value| answer.get(member).and_then(Value::as_list).unwrap_or_default().to_vec();
        let whole = rows(&answer(&store, &words(&[])));
        if !list {
            prop_assert_eq!(whole.len(), details.len());
        }

        let (mut walked, mut token) = (Vec::new(), None);
        let last = steps[steps.len() - 1];
        for most in steps.into_iter().chain(std::iter::repeat(last)) {
            let options = [("--page-size", size.map(|n| n.to_string())), ("--max-items", most.map(|n| n.to_string())),
                ("--starting-token", token.take())];
            let given = options.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?]));
            let answer = answer(&store, &words(&given.flatten().collect::<Vec<_>>()));
            let step = rows(&answer);
            prop_assert!(most.is_none_or(|most| step.len() <= most), "{} rows for {most:?}", step.len());
            walked.extend(step);
            token = answer.get("NextToken").and_then(Value::as_str).map(str::to_owned);
            if token.is_none() {
                break;
            }
            prop_assert!(walked.len() <= whole.len(), "the walk does not end");
        }
        prop_assert_eq!(walked, whole);
    }
}
