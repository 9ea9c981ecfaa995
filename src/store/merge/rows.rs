//! Rows of one store as rows of another: ids mapped, equal rows found, new ones added.

use std::collections::{HashMap, HashSet};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::tables::{Role, TABLES, Table};
use crate::store::error::StoreError;

/// The columns of a row.
pub(super) type Row = Vec<Value>;

/// Maps ids of the store that is read to ids of the store that is written.
pub(super) struct Mapper<'c> {
    pub(super) from: &'c Connection,
    pub(super) to: &'c Connection,
    tables: HashMap<&'static str, Table>,
    ids: HashMap<&'static str, HashMap<i64, i64>>,
    new: HashMap<&'static str, HashSet<i64>>,
}

impl<'c> Mapper<'c> {
    pub(super) fn new(from: &'c Connection, to: &'c Connection) -> Result<Self, StoreError> {
        let mut tables = HashMap::new();
        for (name, _) in TABLES {
            tables.insert(name, Table::read(to, name)?);
        }
        Ok(Mapper { from, to, tables, ids: HashMap::new(), new: HashMap::new() })
    }

    pub(super) fn table(&self, name: &str) -> &Table {
        &self.tables[name]
    }

    /// Note that a row here is the one there.
    pub(super) fn set(&mut self, table: &'static str, from: i64, to: i64) {
        self.ids.entry(table).or_default().insert(from, to);
    }

    /// Whether a row was added by this merge.
    pub(super) fn is_new(&self, table: &str, from: i64) -> bool {
        self.new.get(table).is_some_and(|ids| ids.contains(&from))
    }

    /// The id here of a row there, without adding it.
    pub(super) fn known(&self, table: &str, from: i64) -> Option<i64> {
        self.ids.get(table).and_then(|ids| ids.get(&from)).copied()
    }

    /// The id here of a row there. Rows of a shared table are found or added; others must have been mapped.
    pub(super) fn map(&mut self, table: &str, from: i64) -> Result<i64, StoreError> {
        match self.find(table, from)? {
            Some(id) => Ok(id),
            None => self.add_shared(table, from),
        }
    }

    /// The id here of a row there, if it is here.
    pub(super) fn find(&mut self, table: &str, from: i64) -> Result<Option<i64>, StoreError> {
        if let Some(id) = self.known(table, from) {
            return Ok(Some(id));
        }
        let Some((table, key)) = TABLES.into_iter().find_map(|(name, role)| match role {
            Role::Shared(key) if name == table => Some((name, key)),
            _ => None,
        }) else {
            return Ok(None);
        };
        let row = self.read(table, from)?;
        let mut values = Vec::with_capacity(key.len());
        for column in key {
            match self.value_here(table, column, &row)? {
                Some(value) => values.push(value),
                // It refers to what is not here.
                None => return Ok(None),
            }
        }
        let equal: Vec<String> = key.iter().map(|column| format!("\"{column}\" IS ?")).collect();
        let sql = format!("SELECT id FROM \"{table}\" WHERE {}", equal.join(" AND "));
        let found = self.to.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.get(0)).optional()?;
        if let Some(id) = found {
            self.set(table, from, id);
        }
        Ok(found)
    }

    fn value_here(&mut self, table: &str, column: &str, row: &Row) -> Result<Option<Value>, StoreError> {
        let at = self.tables[table].position(column).unwrap_or_default();
        let refers_to = self.tables[table].columns[at].refers_to.clone();
        Ok(match (refers_to, &row[at]) {
            (Some(to), Value::Integer(id)) => self.find(&to, *id)?.map(Value::Integer),
            (_, value) => Some(value.clone()),
        })
    }

    fn add_shared(&mut self, table: &str, from: i64) -> Result<i64, StoreError> {
        let shared = TABLES.into_iter().find(|(name, role)| *name == table && matches!(role, Role::Shared(_)));
        let Some((table, _)) = shared else {
            return Err(StoreError::Damaged(format!("a row refers to a missing row of the table {table}")));
        };
        let row = self.read(table, from)?;
        let mut row = self.mapped(table, row)?;
        let id = self.add(table, &mut row)?;
        self.set(table, from, id);
        self.new.entry(table).or_default().insert(from);
        Ok(id)
    }

    /// The row there.
    fn read(&self, table: &str, id: i64) -> Result<Row, StoreError> {
        let columns = self.tables[table].column_list();
        let mut rows = self.rows(&format!("SELECT {columns} FROM \"{table}\" WHERE id = ?1"), &[id])?;
        rows.pop().ok_or_else(|| StoreError::Damaged(format!("a row refers to a missing row of the table {table}")))
    }

    /// Rows there.
    pub(super) fn rows(&self, sql: &str, keys: &[i64]) -> Result<Vec<Row>, StoreError> {
        let keys: Vec<Value> = keys.iter().map(|key| Value::Integer(*key)).collect();
        rows(self.from, sql, &keys)
    }

    /// The row with every reference mapped.
    pub(super) fn mapped(&mut self, table: &str, mut row: Row) -> Result<Row, StoreError> {
        for (at, value) in row.iter_mut().enumerate() {
            if let (Some(to), Value::Integer(id)) = (self.tables[table].columns[at].refers_to.clone(), &*value) {
                *value = Value::Integer(self.map(&to, *id)?);
            }
        }
        Ok(row)
    }

    /// Add a row; its id, which is a new one if the table has ids.
    pub(super) fn add(&self, table: &str, row: &mut Row) -> Result<i64, StoreError> {
        let table = &self.tables[table];
        if let Some(at) = table.position("id") {
            row[at] = Value::Null;
        }
        Ok(self.to.prepare_cached(&table.insert())?.insert(params_from_iter(row.iter()))?)
    }

    /// Add a row of a table without ids.
    pub(super) fn add_keyed(&self, table: &str, row: &Row) -> Result<(), StoreError> {
        self.to.prepare_cached(&self.tables[table].insert())?.execute(params_from_iter(row.iter()))?;
        Ok(())
    }
}

/// The rows of a statement, each text in UTF-8.
pub(super) fn rows(connection: &Connection, sql: &str, keys: &[Value]) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(keys))?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(columns);
        for at in 0..columns {
            values.push(match row.get_ref(at)? {
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Value::Text(text.to_owned()),
                    Err(_) => return Err(StoreError::Damaged("a text is not UTF-8".to_owned())),
                },
                other => other.try_into().map_err(rusqlite::Error::from)?,
            });
        }
        all.push(values);
    }
    Ok(all)
}
