//! What base64 may be: by its first bytes, by a format, by the name of its field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::base64::letters;

/// So many bytes tell what begins with them.
const FIRST: usize = 12;

/// The type of what begins with these bytes.
pub(super) fn sniffed(base64: &str) -> Option<&'static str> {
    const LETTERS: usize = 16;
    let letters = letters(base64).take(LETTERS).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        _ => byte,
    });
    let bytes = STANDARD_NO_PAD.decode(letters.collect::<Vec<_>>()).ok()?;
    of_first_bytes(bytes.first_chunk()?)
}

/// The same in base 16.
pub(super) fn sniffed_hex(hex: &str) -> Option<&'static str> {
    let mut digits = letters(hex).map_while(|byte| char::from(byte).to_digit(16));
    let mut bytes = [0; FIRST];
    for byte in &mut bytes {
        *byte = u8::try_from(digits.next()? << 4 | digits.next()?).ok()?;
    }
    of_first_bytes(&bytes)
}

fn of_first_bytes(bytes: &[u8; FIRST]) -> Option<&'static str> {
    Some(match *bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => "image/webp",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E'] => "audio/wav",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => "video/x-msvideo",
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "image/tiff",
        [b'I', b'D', b'3', ..] => "audio/mpeg",
        [0xFF, 0xFA | 0xFB | 0xF2 | 0xF3, rate, ..]
            if (1..=14).contains(&(rate >> 4)) && rate >> 2 & 3 != 3 =>
        {
            "audio/mpeg"
        }
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "video/webm",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match &brand {
            b"avif" => "image/avif",
            b"heic" | b"heix" | b"mif1" => "image/heic",
            b"M4A " => "audio/mp4",
            b"qt  " => "video/quicktime",
            _ => "video/mp4",
        },
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        _ => return None,
    })
}

/// What providers call formats. Some are of several kinds of media.
pub(super) fn of_format(format: &str, kind: Option<&str>) -> Option<&'static str> {
    Some(match (format.to_ascii_lowercase().as_str(), kind) {
        ("mpeg" | "mpg", Some("video")) => "video/mpeg",
        ("mp4", Some("audio")) => "audio/mp4",
        ("webm", Some("audio")) => "audio/webm",
        ("mkv", Some("audio")) => "audio/x-matroska",
        (format, _) => return of_format_alone(format),
    })
}

fn of_format_alone(format: &str) -> Option<&'static str> {
    Some(match format {
        "png" => "image/png",
        "jpeg" | "jpg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "wav" => "audio/wav",
        "mp3" | "mpeg" => "audio/mpeg",
        "flac" => "audio/flac",
        "ogg" | "opus" => "audio/ogg",
        "aac" => "audio/aac",
        "m4a" => "audio/mp4",
        "pcm" | "pcm16" => "audio/pcm",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "mkv" => "video/x-matroska",
        "mpg" => "video/mpeg",
        "flv" => "video/x-flv",
        "wmv" => "video/x-ms-wmv",
        "three_gp" => "video/3gpp",
        "pdf" => "application/pdf",
        "doc" | "docx" => "application/msword",
        "xls" | "xlsx" => "application/vnd.ms-excel",
        "csv" => "text/csv",
        "html" => "text/html",
        "md" => "text/markdown",
        "txt" => "text/plain",
        _ => return None,
    })
}

/// What the name of a field says of its value, or a part of its type.
pub(super) fn by_name(name: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 7] = [
        ("image", "image"),
        ("img", "image"),
        ("photo", "image"),
        ("picture", "image"),
        ("audio", "audio"),
        ("speech", "audio"),
        ("video", "video"),
    ];
    if is_of_another_kind(name) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "b64_json" => return Some("image"),
        "file" | "file_data" | "filedata" | "input_file" => return Some("file"),
        _ => {}
    }
    let kind = KINDS.iter().find(|(word, _)| name.contains(word));
    kind.map(|(_, kind)| *kind)
}

/// Whether a field of this name holds no media, whatever stands around it.
pub(super) fn is_of_another_kind(name: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "checksum",
        "digest",
        "embed",
        "fingerprint",
        "hash",
        "signature",
        "vector",
    ];
    let name = name.to_ascii_lowercase();
    OTHERS.iter().any(|other| name.contains(other))
}

/// Whether what a field of this name holds is meant to be base64, and not a text.
pub(super) fn holds_data(name: &str) -> bool {
    const WORDS: [&str; 6] = ["attachment", "b64", "base64", "blob", "bytes", "file"];
    let name = name.to_ascii_lowercase();
    let is_data = name.ends_with("data") && !name.ends_with("metadata");
    is_data || by_name(&name).is_some() || WORDS.iter().any(|word| name.contains(word))
}
