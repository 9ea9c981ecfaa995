use std::io;

use super::{AwsCli, Environment, Failure, Parsed, Profile, Sections, parse};
use crate::client::params::Files;

fn output(sections: &Sections, profile: &str) -> Option<String> {
    sections.settings(profile).get("output").cloned()
}

/// What AWS CLI 1.46.3 and 2.36.12 took for the output format with each file; both agree in all of them.
#[test]
fn sections_and_values_are_those_of_the_real_clients() {
    for (text, profile, expected) in [
        ("[default]\noutput = text\n", "default", Some("text")),
        ("[default]\noutput = text\n", "a", None),
        ("[default]\noutput=text\n[profile a]\noutput=table\n", "a", Some("table")),
        ("[default]\noutput=text\n[profile a]\nregion=x\n", "a", None),
        ("[profile \"b c\"]\noutput=text\n", "b c", Some("text")),
        ("[profile 'a']\noutput=text\n", "a", Some("text")),
        ("[profile   a]\noutput=text\n", "a", Some("text")),
        ("[profile\ta]\noutput=text\n", "a", Some("text")),
        ("[ profile a ]\noutput=text\n", "a", None),
        ("[a]\noutput=text\n", "a", None),
        ("[profilea]\noutput=text\n", "profilea", None),
        ("[profile a b]\noutput=table\n[profile a]\noutput=text\n", "a", Some("text")),
        ("[profile 'x]\noutput=table\n[profile a]\noutput=text\n", "a", Some("text")),
        ("[profile default]\noutput=text\n", "default", Some("text")),
        ("[default]\noutput=text\n[profile default]\noutput=table\n", "default", Some("table")),
        ("[profile default]\noutput=table\n[default]\noutput=text\n", "default", Some("text")),
        ("[Default]\noutput=text\n", "default", None),
        ("[DEFAULT]\noutput=text\n[default]\nx=1\n", "default", Some("text")),
        ("[default]\nx=1\n[DEFAULT]\noutput=text\n[DEFAULT]\nregion=x\n", "default", Some("text")),
        ("[DEFAULT]\noutput=text\n", "default", None),
        ("[profile DEFAULT]\noutput=text\n", "DEFAULT", Some("text")),
        ("[default]\nOUTPUT=text\n", "default", Some("text")),
        ("[default]\noutput: text\n", "default", Some("text")),
        ("[default]\noutput\t=\ttext\t\n", "default", Some("text")),
        ("[default]\noutput = text # x\n", "default", Some("text # x")),
        ("[default]\noutput = text = x\n", "default", Some("text = x")),
        ("[default]\noutput=%text\n", "default", Some("%text")),
        ("[default]\noutput=\n", "default", Some("")),
        ("[default]\n;output=table\n output=text\n", "default", Some("text")),
        ("[default]\n  output=text\n  region=us-west-2\n", "default", Some("text")),
        ("[default]\noutput = te\n  xt\n", "default", Some("te\nxt")),
        ("[default]\noutput = text\n  # hello\nregion=us-east-1\n", "default", Some("text")),
        ("[default]\noutput = text\n\n\n", "default", Some("text")),
        ("[default]\n[profile a]\n   output = table\n", "default", None),
        ("[default]\n[profile a]\n   output = table\n", "a", Some("table")),
        ("[default]\ns3 =\n  output = table\noutput = text\n", "default", Some("text")),
        ("[default]\noutput =\n  a = table\n", "default", Some("{'a': 'table'}")),
        ("[default] # c\noutput = text\n", "default", Some("text")),
        ("[default] x]\noutput = text\n", "default", None),
        ("[default]\noutput=text\n[profile x]y=1\n", "default", Some("text")),
        ("[default]\noutput = text\u{c}\n", "default", Some("text")),
        ("[default]\noutput = text\u{1c}\n", "default", Some("text")),
        ("[default]\u{b}output=text\n", "default", None),
        ("[default]\noutput=te\0xt\n", "default", Some("te\0xt")),
        ("", "default", None),
    ] {
        let sections = parse(text).unwrap_or_else(|| panic!("refused: {text:?}"));
        assert_eq!(output(&sections, profile).as_deref(), expected, "{profile} in {text:?}");
    }
}

/// Files that both real clients refuse as a whole.
#[test]
fn a_file_with_an_error_anywhere_is_refused() {
    for text in [
        "hello\n",
        "[default]\nhello\n",
        "[default]\noutput\n",
        "[default]\noutput=text\noutput=table\n",
        "[default]\noutput=text\n[default]\noutput=table\n",
        "[default]\noutput=text\n[profile q]\nx=1\nX=2\n",
        "[default]\n=x\noutput = text\n",
        "[default]\noutput =\n  table\n",
        "[]\n[default]\noutput=text\n",
        "\u{feff}[default]\noutput=text\n",
        "output=text\n",
    ] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

/// A machine with one home and one file in it, or a reason why that cannot be read.
struct Home(Result<&'static str, io::ErrorKind>);

impl Files for Home {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.0 {
            Ok(text) if path == "/home/me/.aws/config" => Ok(text.into()),
            Ok(_) => Err(io::ErrorKind::NotFound.into()),
            Err(kind) => Err(kind.into()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        (name == "HERE").then(|| "/home/me".to_owned())
    }

    fn home(&self, user: &str) -> Option<String> {
        user.is_empty().then(|| "/home/me".to_owned())
    }
}

fn read(home: &Home, variables: &[(&str, &str)], option: Option<&str>) -> Result<Option<String>, Failure> {
    let mut environment = Environment { files: home, ..Environment::sealed() };
    environment.variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let values = option.map(|path| ("--aws-config", vec![path.to_owned()])).into_iter().collect();
    let globals = Parsed { values, ..Parsed::default() };
    Profile::read(&globals, &environment, AwsCli::V2).map(|profile| profile.get("output").map(str::to_owned))
}

#[test]
fn the_file_is_read_only_if_somebody_asks() {
    let home = Home(Ok("[default]\noutput = text\n"));
    let text = Ok(Some("text".to_owned()));
    let file = ("AWS_CONFIG_FILE", "$HERE/.aws/config");
    assert_eq!(read(&home, &[], None), Ok(None));
    assert_eq!(read(&home, &[file], None), Ok(None));
    assert_eq!(read(&home, &[("ECRSNAP_AWS_CONFIG", "0"), file], None), Ok(None));
    assert_eq!(read(&home, &[("ECRSNAP_AWS_CONFIG", "")], None), Ok(None));
    assert_eq!(read(&home, &[("ECRSNAP_AWS_CONFIG", "1")], None), text);
    assert_eq!(read(&home, &[("ECRSNAP_AWS_CONFIG", "1"), file], None), text);
    assert_eq!(read(&home, &[("ECRSNAP_AWS_CONFIG", "1"), ("AWS_CONFIG_FILE", "")], None), Ok(None));
    assert_eq!(read(&home, &[], Some("~/.aws/config")), text);
    assert!(matches!(read(&home, &[("ECRSNAP_AWS_CONFIG", "yes")], None), Err(Failure::Configuration(_))));
}

/// The AWS CLI passes over a file that it cannot open; a file that the line names must be there.
#[test]
fn a_file_that_cannot_be_read() {
    use io::ErrorKind::{IsADirectory, NotFound, Other, PermissionDenied};

    for (kind, refused) in [(NotFound, false), (IsADirectory, false), (PermissionDenied, false), (Other, true)] {
        let home = Home(Err(kind));
        let found = read(&home, &[("ECRSNAP_AWS_CONFIG", "1")], None);
        assert_eq!(found.is_err(), refused, "{kind:?}");
        assert!(matches!(read(&home, &[], Some("c")), Err(Failure::Configuration(_))), "{kind:?}");
    }
}
