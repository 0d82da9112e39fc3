//! Fetching files, chunk by chunk, from whichever data centre has them.

use super::line::Line;
use super::{TelegramUser, errors, past, peers};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use grammers_tl_types as tl;
use hub_domain::Attachment;
use hub_platform_kit::platform::{Fetched, Media};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde::{Deserialize, Serialize};
use tl::enums::InputFileLocation;

/// Bytes of a chunk; Telegram's own limit.
const CHUNK: i32 = 512 * 1024;
/// Data centres a file is looked for at.
const MAX_MOVES: usize = 3;

/// How a file is found again: where it lies, and the message it came with, because its reference grows old within hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileRef {
    /// A picture; otherwise a document.
    pub(super) photo: bool,
    /// Data centre.
    pub(super) centre: i32,
    /// Number.
    pub(super) id: i64,
    /// Secret number.
    pub(super) access_hash: i64,
    /// The reference, in base64.
    pub(super) reference: String,
    /// Which form of a picture.
    pub(super) form: String,
    /// The chat it came in.
    pub(super) chat: i64,
    /// The message it came with.
    pub(super) message: i32,
}

impl FileRef {
    /// As an attachment keeps it.
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A reference in base64.
    pub(super) fn encoded(reference: &[u8]) -> String {
        BASE64_STANDARD.encode(reference)
    }

    fn location(&self) -> Option<InputFileLocation> {
        let (id, access_hash) = (self.id, self.access_hash);
        let file_reference = BASE64_STANDARD.decode(&self.reference).ok()?;
        let thumb_size = self.form.clone();
        Some(if self.photo {
            tl::types::InputPhotoFileLocation { id, access_hash, file_reference, thumb_size }.into()
        } else {
            tl::types::InputDocumentFileLocation { id, access_hash, file_reference, thumb_size }.into()
        })
    }
}

#[async_trait]
impl Media for TelegramUser {
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        if let Some(size) = attachment.size.and_then(|size| u64::try_from(size).ok())
            && size > max_bytes
        {
            return Err(too_large(max_bytes));
        }
        let mut file: FileRef = serde_json::from_str(&attachment.remote_ref).map_err(|_| odd())?;
        let line = self.lines.held(grant).await?;
        match download(&line, file.centre, &file.location().ok_or_else(odd)?, max_bytes).await {
            Err(error) if error.remote_code.as_deref().is_some_and(|code| code.starts_with("FILE_REFERENCE_")) => {
                file.reference = fresh_reference(&line, &file).await?;
                let bytes = download(&line, file.centre, &file.location().ok_or_else(odd)?, max_bytes).await?;
                Ok(Fetched { bytes, mime_type: attachment.mime_type.clone() })
            }
            outcome => outcome.map(|bytes| Fetched { bytes, mime_type: attachment.mime_type.clone() }),
        }
    }
}

/// The bytes of a file, at most `max_bytes`. Any refusal ends it: a sign-in that is gone must not be asked again and again.
pub(super) async fn download(line: &Line, centre: i32, location: &InputFileLocation, max_bytes: u64) -> Result<Bytes> {
    let (mut centre, mut moves) = (centre, 0);
    let mut bytes = BytesMut::new();
    loop {
        let offset = i64::try_from(bytes.len()).map_err(|_| too_large(max_bytes))?;
        let request = tl::functions::upload::GetFile {
            precise: false,
            cdn_supported: false,
            location: location.clone(),
            offset,
            limit: CHUNK,
        };
        let chunk = match line.connection.call_elsewhere(centre, &request).await {
            Ok(tl::enums::upload::File::File(file)) => file.bytes,
            Ok(tl::enums::upload::File::CdnRedirect(_)) => return Err(odd()),
            Err(error) => match errors::elsewhere(&error) {
                Some(other) if moves < MAX_MOVES => {
                    (centre, moves) = (other, moves + 1);
                    continue;
                }
                _ => return Err(errors::meaning(&error)),
            },
        };
        if bytes.len() as u64 + chunk.len() as u64 > max_bytes {
            return Err(too_large(max_bytes));
        }
        bytes.extend_from_slice(&chunk);
        if i32::try_from(chunk.len()).is_ok_and(|length| length < CHUNK) {
            return Ok(bytes.freeze());
        }
    }
}

/// The file's reference, from the message it came with.
async fn fresh_reference(line: &Line, file: &FileRef) -> Result<String> {
    let gone = || PlatformError::new(ErrorKind::NotFound, "the message with the file is gone");
    let wanted = vec![tl::types::InputMessageId { id: file.message }.into()];
    let answer = match peers::channel_of(file.chat) {
        Some(channel_id) => {
            let access_hash = line.connection.session.access_hash(file.chat).ok_or_else(gone)?;
            let channel = tl::types::InputChannel { channel_id, access_hash }.into();
            line.connection.call(&tl::functions::channels::GetMessages { channel, id: wanted }).await
        }
        None => line.connection.call(&tl::functions::messages::GetMessages { id: wanted }).await,
    };
    let (messages, ..) = past::parts(answer.map_err(|error| errors::meaning(&error))?);
    let found = messages.iter().find_map(|message| match message {
        tl::enums::Message::Message(said) if said.id == file.message => reference(said.media.as_ref()?, file.id),
        _ => None,
    });
    found.map(|reference| FileRef::encoded(&reference)).ok_or_else(gone)
}

fn reference(media: &tl::enums::MessageMedia, id: i64) -> Option<Vec<u8>> {
    match media {
        tl::enums::MessageMedia::Photo(shown) => match &shown.photo {
            Some(tl::enums::Photo::Photo(photo)) if photo.id == id => Some(photo.file_reference.clone()),
            _ => None,
        },
        tl::enums::MessageMedia::Document(shown) => match &shown.document {
            Some(tl::enums::Document::Document(document)) if document.id == id => Some(document.file_reference.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn too_large(max_bytes: u64) -> PlatformError {
    PlatformError::bad_input(format!("the file is larger than {max_bytes} bytes"))
}

fn odd() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "the file is named in an unknown way")
}
