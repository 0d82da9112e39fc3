//! The API's methods.
#![allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "every method has the same form")]

mod changing;
mod dialogs;
mod download;
mod history;
mod login_token;
mod password;
mod peers;
mod persons;
mod reading;
mod sending;
mod sign_in;
mod uploading;
mod waiting;

pub(super) use login_token::Waiting as LoginToken;
pub(super) use password::Try as PasswordTry;
pub(super) use sign_in::Attempt;

use super::calls::{Caller, Refusal, run};
use super::{account, shapes};
use grammers_tl_types::{Identifiable, functions as f};

/// The chat that a call means; `None` when the account does not know it.
pub(super) fn place(account: &account::Account, peer: &grammers_tl_types::enums::InputPeer) -> Option<super::Place> {
    peers::place(account, peer).ok()
}

/// The constructor that a call begins with.
pub(super) fn constructor(body: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(body.get(..4)?.try_into().ok()?))
}

/// Finds the function of a call by its constructor.
macro_rules! table {
    ($caller:ident, $id:ident, $body:ident; $($call:ty => $act:path,)*) => {
        match $id {
            $(<$call>::CONSTRUCTOR_ID => run::<$call>($body, |request| $act($caller, request)),)*
            _ => Err(Refusal::bad("METHOD_INVALID")),
        }
    };
}

/// Does what a call asks for.
pub(super) fn dispatch(caller: &Caller<'_>, id: u32, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    table!(caller, id, body;
        f::help::GetConfig => get_config,
        f::auth::SendCode => sign_in::send_code,
        f::auth::ResendCode => sign_in::resend_code,
        f::auth::CancelCode => sign_in::cancel_code,
        f::auth::SignIn => sign_in::sign_in,
        f::auth::ExportLoginToken => login_token::export_login_token,
        f::auth::ImportLoginToken => login_token::import_login_token,
        f::auth::LogOut => sign_in::log_out,
        f::auth::ExportAuthorization => sign_in::export_authorization,
        f::auth::ImportAuthorization => sign_in::import_authorization,
        f::account::GetPassword => password::get_password,
        f::auth::CheckPassword => password::check_password,
        f::account::UpdateStatus => persons::update_status,
        f::users::GetUsers => persons::get_users,
        f::users::GetFullUser => persons::get_full_user,
        f::contacts::ResolveUsername => persons::resolve_username,
        f::contacts::GetContacts => persons::get_contacts,
        f::photos::GetUserPhotos => persons::get_user_photos,
        f::messages::GetChats => persons::get_chats,
        f::channels::GetChannels => persons::get_channels,
        f::updates::GetState => waiting::get_state,
        f::updates::GetDifference => waiting::get_difference,
        f::updates::GetChannelDifference => waiting::get_channel_difference,
        f::messages::GetDialogs => dialogs::get_dialogs,
        f::messages::GetPeerDialogs => dialogs::get_peer_dialogs,
        f::messages::GetPinnedDialogs => dialogs::get_pinned_dialogs,
        f::messages::GetHistory => history::get_history,
        f::messages::Search => history::search,
        f::messages::GetMessages => history::get_messages,
        f::channels::GetMessages => history::get_channel_messages,
        f::messages::SendMessage => sending::send_message,
        f::messages::SendMedia => sending::send_media,
        f::messages::SendMultiMedia => sending::send_multi_media,
        f::messages::UploadMedia => uploading::upload_media,
        f::upload::SaveFilePart => uploading::save_file_part,
        f::upload::SaveBigFilePart => uploading::save_big_file_part,
        f::upload::GetFile => download::get_file,
        f::messages::EditMessage => changing::edit_message,
        f::messages::DeleteMessages => changing::delete_messages,
        f::channels::DeleteMessages => changing::delete_channel_messages,
        f::messages::SendReaction => changing::send_reaction,
        f::messages::SetTyping => changing::set_typing,
        f::messages::ReadHistory => reading::read_history,
        f::channels::ReadHistory => reading::read_channel_history,
    )
}

fn get_config(caller: &Caller<'_>, _: f::help::GetConfig) -> Result<grammers_tl_types::enums::Config, Refusal> {
    Ok(shapes::config(caller.dc, account::now()))
}
