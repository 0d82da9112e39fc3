//! Small made-up files of each kind.

use super::super::HostedFile;

/// A picture of one grey point.
const PNG: &str = "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a494441\
    54789c636800000082008177cd72b60000000049454e44ae426082";

/// A file of a kind: `image`, `sticker`, `video`, `audio`, anything else a document.
pub(super) fn file(kind: &str) -> HostedFile {
    let (name, mime, bytes) = match kind {
        "image" => ("photo_n.png", "image/png", hex::decode(PNG).unwrap_or_default()),
        "sticker" => ("sticker_n.png", "image/png", hex::decode(PNG).unwrap_or_default()),
        "video" => ("video.mp4", "video/mp4", container(*b"isom")),
        "audio" => ("audioclip.mp4", "audio/mp4", container(*b"M4A ")),
        _ => ("document.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".to_vec()),
    };
    HostedFile { name: name.to_owned(), mime: mime.to_owned(), bytes: bytes.into() }
}

/// The shortest file that says it is an MPEG-4 container of a brand.
fn container(brand: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 20];
    bytes.extend_from_slice(b"ftyp");
    bytes.extend_from_slice(&brand);
    bytes.extend_from_slice(&[0, 0, 2, 0]);
    bytes.extend_from_slice(&brand);
    bytes.extend_from_slice(&[0, 0, 0, 8]);
    bytes.extend_from_slice(b"mdat");
    bytes
}
