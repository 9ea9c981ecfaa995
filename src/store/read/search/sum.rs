//! Sums of sizes in SQL that a page cannot make fail: `SQLite`'s own `sum` ends a statement where it overflows.

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Result};

/// The name of the function.
pub(super) const SUM: &str = "sum_of_sizes";

/// Make the function known.
pub(super) fn define(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_aggregate_function(SUM, 1, flags, Sum)
}

/// Adds up as a listing does: exactly, and what is below zero or above the largest number only in the end
/// becomes that.
struct Sum;

impl Aggregate<i128, i64> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<i128> {
        Ok(0)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut i128) -> Result<()> {
        let size: Option<i64> = context.get(0)?;
        *sum += i128::from(size.unwrap_or(0));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<i128>) -> Result<i64> {
        Ok(i64::try_from(sum.unwrap_or(0).max(0)).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{SUM, define};

    #[test]
    fn no_size_makes_a_sum_fail() {
        let connection = Connection::open_in_memory().expect("a database");
        define(&connection).expect("a function");
        for (sizes, expected) in [
            ("(1), (NULL), (2)", 3),
            ("(NULL)", 0),
            ("(-5), (7)", 2),
            ("(-5)", 0),
            ("(9223372036854775807), (-9223372036854775807), (9223372036854775807), (-1)", i64::MAX - 1),
            ("(9223372036854775807), (1), (9223372036854775807)", i64::MAX),
        ] {
            let sql = format!("WITH s(size) AS (VALUES {sizes}) SELECT {SUM}(size) FROM s");
            assert_eq!(connection.query_row(&sql, [], |row| row.get::<_, i64>(0)), Ok(expected), "{sizes}");
        }
        let none = format!("SELECT {SUM}(1) WHERE false");
        assert_eq!(connection.query_row(&none, [], |row| row.get::<_, i64>(0)), Ok(0));
    }
}
