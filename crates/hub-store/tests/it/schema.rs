use crate::support::{on_both, postgres, sqlite};
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use std::collections::BTreeMap;

/// Table and column, and whether null is allowed.
type Columns = BTreeMap<(String, String), bool>;

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_changes_nothing() {
    on_both(async |test| {
        let report = test.store.migrate().await.unwrap();
        assert_eq!(report.applied, Vec::<&str>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables_and_columns() {
    let lite = sqlite().await;
    let Some(server) = postgres().await else { return };
    let (lite, server) = (sqlite_columns(&lite.url).await, postgres_columns(&server.url).await);
    assert!(lite.len() > 100, "the columns were not found");
    assert_eq!(lite, server);
}

async fn sqlite_columns(url: &str) -> Columns {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let query = "SELECT t.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_master t, pragma_table_info(t.name) c \
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}

async fn postgres_columns(url: &str) -> Columns {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let query = "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns \
                 WHERE table_schema = 'public'";
    let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}
