use crate::support::Hub;
use hub_testkit::Client;
use reqwest::Method;

/// Statuses of the routes, in order.
async fn statuses(client: &Client) -> [u16; 3] {
    let id = "3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21";
    let routes = [
        (Method::GET, "/api/debug/polling/stats".to_owned()),
        (Method::POST, format!("/api/debug/polling/{id}")),
        (Method::GET, "/api/debug/instagram-config".to_owned()),
    ];
    let mut found = [0; 3];
    for (place, (method, path)) in found.iter_mut().zip(routes) {
        *place = hub_testkit::client::answer(client.request(method, &path)).await.0.as_u16();
    }
    found
}

#[tokio::test]
async fn debug_routes_are_off_in_production_and_there_for_administrators_only() {
    // Production, switched on; what a user and an administrator find. No account has that id.
    for (production, on, user_finds, admin_finds) in [
        (false, true, [200, 404, 200], [200, 404, 200]),
        (false, false, [404, 404, 404], [404, 404, 404]),
        (true, false, [404, 404, 404], [404, 404, 404]),
        (true, true, [403, 403, 403], [200, 404, 200]),
    ] {
        let hub = Hub::start_with(|settings| {
            settings.production = production;
            settings.debug_routes = on;
        })
        .await;
        assert_eq!(statuses(&hub.client).await, [401, 401, 401], "nobody is signed in");
        let user = hub.client.register("ada@example.com").await;
        assert_eq!(statuses(&user).await, user_finds, "production: {production}, on: {on}");
        hub.make_admin("ada@example.com").await;
        assert_eq!(statuses(&user).await, admin_finds, "production: {production}, on: {on}");
    }
}

#[tokio::test]
async fn the_shown_settings_hold_no_part_of_a_secret() {
    let hub = Hub::start_with(|_| {}).await;
    let user = hub.client.register("ada@example.com").await;
    let (_, shown) = user.get("/api/debug/instagram-config").await;
    let config = shown["config"].as_object().expect("the contract's members");
    let keys: Vec<_> = config.keys().map(String::as_str).collect();
    let expected = [
        "appIdConfigured",
        "appIdFirstChars",
        "appIdLength",
        "appSecretConfigured",
        "appSecretLength",
        "authUrl",
        "redirectUri",
        "webhookBaseUrl",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&config["appIdConfigured"], &config["appSecretConfigured"]), (&false.into(), &false.into()));
    assert_eq!((&config["appIdLength"], &config["appSecretLength"]), (&0.into(), &0.into()), "no lengths");
    assert_eq!(config["webhookBaseUrl"], "https://hub.example.com");
    assert_eq!(config["redirectUri"], "https://hub.example.com/api/auth/callback/instagram");
    assert_eq!((&config["appIdFirstChars"], &config["authUrl"]), (&"NOT SET".into(), &"NOT SET".into()));
}
