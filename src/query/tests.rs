//! The engine on its own; what Python says is asked in `tests/query/`.

use super::*;
