//! `--output yaml` and `--output yaml-stream`: block style, sorted keys, one document.
//!
//! The real client (2.36) dumps with ruamel.yaml's safe dumper over libyaml's emitter, so that
//! emitter decides about quotes, folds and escapes: `emitter` follows its state, `scalar` its
//! choice of a style, and `implicit` the YAML 1.2 rules by which a text would be read as something
//! else than a string.

mod emitter;
mod implicit;
mod scalar;

use std::io::Write;

use self::emitter::Emitter;
use super::{Error, Formatter};
use crate::model::Value;
use crate::model::json::write_compact;

/// Prints a value as a document. `{}` prints nothing, and a scalar is printed as JSON, which
/// spares it YAML's end-of-document mark.
pub struct Yaml;

impl Formatter for Yaml {
    fn page(&mut self, value: &Value, mut out: &mut dyn Write) -> Result<(), Error> {
        match value {
            Value::Map(map) if map.is_empty() => {}
            Value::List(_) | Value::Map(_) => Emitter::new(out).document(value)?,
            scalar => {
                write_compact(&mut out, scalar)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }
}

/// Prints each page as the one item of a list; together they read as one list.
pub struct YamlStream {
    paginated: bool,
}

impl YamlStream {
    /// A printer of pages, or of the one response of an unpaginated call.
    pub fn new(paginated: bool) -> Self {
        YamlStream { paginated }
    }
}

impl Formatter for YamlStream {
    fn page(&mut self, value: &Value, out: &mut dyn Write) -> Result<(), Error> {
        if self.paginated || value.as_map().is_none_or(|map| !map.is_empty()) {
            Emitter::new(out).document(std::slice::from_ref(value))?;
        }
        Ok(())
    }
}
