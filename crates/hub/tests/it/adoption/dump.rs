//! A database as text, to see what changed.

use hub_testkit::Database;
use std::collections::BTreeMap;

/// Columns of the tables there are, in order, with everything the catalogue knows of them.
pub(super) async fn structure(database: &Database) -> Vec<String> {
    let mut all = Vec::new();
    for query in [
        "SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default) \
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace ORDER BY 1",
    ] {
        all.extend(database.texts(query).await.into_iter().flatten());
    }
    all
}

/// Which columns each table has.
pub(super) async fn columns(database: &Database) -> BTreeMap<String, Vec<String>> {
    let query = "SELECT concat(table_name, '.', column_name) FROM information_schema.columns \
                 WHERE table_schema = 'public' ORDER BY 1";
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in database.texts(query).await.into_iter().flatten() {
        let (table, column) = name.split_once('.').expect("two parts");
        found.entry(table.to_owned()).or_default().push(column.to_owned());
    }
    found
}

/// Every row of these tables, these columns only.
pub(super) async fn rows(database: &Database, columns: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in columns {
        let listed = columns.iter().map(|column| format!("COALESCE(CAST(\"{column}\" AS text), '-')"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let query = format!("SELECT concat_ws('|', '{table}', {listed}) FROM \"{table}\" ORDER BY 1");
        all.extend(database.texts(query).await.into_iter().flatten());
    }
    all
}
