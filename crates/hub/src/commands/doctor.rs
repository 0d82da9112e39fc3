//! Looks whether everything the hub needs is there, and says in plain words what is not.

use super::say;
use crate::config::Config;
use crate::house;
use anyhow::bail;
use hub_app::health;
use tokio_util::sync::CancellationToken;

pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let app = house::build(config, &stop).await?;
    let mut ill = 0;
    let mut report = |name: &str, finding: Result<String, String>| {
        let (mark, words) = match finding {
            Ok(words) => ("ok  ", words),
            Err(words) => {
                ill += 1;
                ("BAD ", words)
            }
        };
        say(&format!("{mark}{name}: {words}"))
    };
    let database = health::check(&app).await;
    report("database", database.map(|()| app.store().engine().to_string()).map_err(|e| e.to_string()))?;
    report(
        "public address",
        match &app.settings().public_url {
            Some(url) => Ok(url.clone()),
            None => Ok("none; platforms are asked instead of calling, and OAuth cannot be used".to_owned()),
        },
    )?;
    for handle in app.platforms().iter() {
        let card = handle.card();
        let finding = handle.not_configured().unwrap_or_else(|| "can be linked".to_owned());
        report(card.display_name, Ok(finding))?;
    }
    stop.cancel();
    app.shut_down().await;
    if ill > 0 {
        bail!("{ill} finding(s)");
    }
    Ok(())
}
