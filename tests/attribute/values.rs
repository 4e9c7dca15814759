use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard};
use std::task::Poll;

use serde::{Serialize, Serializer};

use super::*;

fn captured<T>(value: T) -> String
where
    Recorded<T>: Record,
{
    Recorded(value).record()
}

struct Recorded<T>(T);
trait Record {
    fn record(self) -> String;
}

macro_rules! recorded {
        ($($type:ty),* $(,)?) => {$(
            impl Record for Recorded<$type> {
                fn record(self) -> String {
                    #[external_task]
                    fn given(value: $type) {}
                    let value = self.0;
                    record(|| given(value)).input.unwrap_or_default()
                }
            }
        )*};
    }

/// A text type of another crate, with the usual traits.
#[derive(Clone, Debug)]
struct Id(u8);
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id-{}", self.0)
    }
}
impl AsRef<[u8]> for Id {
    fn as_ref(&self) -> &[u8] {
        std::slice::from_ref(&self.0)
    }
}

/// A header's name: text first.
#[derive(Debug)]
struct Name(&'static str);
impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.0
    }
}
impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A buffer that serialises, as `bytes::Bytes` does with its feature `serde`.
#[derive(Clone)]
struct Picture(Vec<u8>);
impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Serialize)]
struct Shape {
    name: &'static str,
    picture: Picture,
}

#[derive(Serialize, Debug)]
struct Account {
    name: &'static str,
    scores: BTreeMap<(u8, u8), u8>,
    #[serde(skip)]
    #[allow(dead_code)]
    key: &'static str,
}

fn account(score: bool) -> Account {
    let scores = if score {
        BTreeMap::from([((1, 2), 3)])
    } else {
        BTreeMap::new()
    };
    Account {
        name: "Ada",
        scores,
        key: "hidden",
    }
}

#[derive(Serialize)]
enum Mode {
    Fast,
}

recorded! {
    Id, Option<Id>, Name, bytes::Bytes, Option<bytes::Bytes>, Picture, Shape, Mode,
    Arc<Shape>, Option<Arc<Shape>>, Arc<str>,
    Account, Arc<Mutex<Account>>, RwLock<Account>,
    f64, Option<f32>, Rc<f32>, Arc<f64>,
    Vec<Arc<Account>>, &[Arc<Account>], Option<Vec<Arc<Account>>>, BTreeMap<&'static str, Rc<Account>>,
    (Arc<Account>, u8), Rc<Twice>,
    MutexGuard<'static, Account>, &MutexGuard<'static, Account>, Option<MutexGuard<'static, Account>>,
    RwLockReadGuard<'static, Account>, Ref<'static, Account>, Pin<Box<Account>>, Pin<&'static Account>,
    OnceLock<Account>, Arc<OnceLock<Account>>, Poll<Account>, ManuallyDrop<Account>,
    ControlFlow<Account, u8>, ControlFlow<Account, ()>, &LazyLock<Account>,
    MutexGuard<'static, String>, MutexGuard<'static, Vec<u8>>, MutexGuard<'static, f64>,
    Arc<bytes::Bytes>, Box<bytes::Bytes>, Option<Arc<bytes::Bytes>>,
    Arc<Name>, Box<Name>, Option<Name>, Option<Rc<Name>>,
    Masked, &Masked, Option<Masked>, Arc<Masked>,
}

type Twice = Arc<Account>;

/// A text that is not for everybody.
struct Masked(&'static str);
impl std::ops::Deref for Masked {
    type Target = str;
    fn deref(&self) -> &str {
        self.0
    }
}
impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A value whose guards may be given away.
fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[test]
fn text_in_types_of_other_crates_is_text() {
    assert_eq!(captured(Id(7)), "id-7");
    assert_eq!(captured(Some(Id(7))), "id-7");
    assert_eq!(captured(None::<Id>), "");
    assert_eq!(captured(Name("accept")), "accept");
    assert_eq!(captured(Mode::Fast), "Fast");
}

#[test]
fn buffers_are_counted_wherever_they_are() {
    assert_eq!(captured(bytes::Bytes::from_static(b"abc")), "<3 bytes>");
    assert_eq!(
        captured(Some(bytes::Bytes::from_static(b"abc"))),
        "<3 bytes>"
    );
    assert_eq!(captured(Picture(vec![1; 20])), "<20 bytes>");
    let shape = Shape {
        name: "x",
        picture: Picture(vec![1; 20]),
    };
    assert_eq!(captured(shape), r#"{"name":"x","picture":"<20 bytes>"}"#);
}

#[test]
fn shared_pointers_are_what_they_point_to() {
    let shape = || {
        Arc::new(Shape {
            name: "x",
            picture: Picture(vec![]),
        })
    };
    let json = r#"{"name":"x","picture":"<0 bytes>"}"#;
    assert_eq!(captured(shape()), json);
    assert_eq!(captured(Some(shape())), json);
    assert_eq!(captured(Arc::<str>::from("x")), "x");
    #[external_task]
    fn response() -> Rc<serde_json::Value> {
        Rc::new(serde_json::json!({
            "choices": [{"message": {"role": "assistant", "content": "hey"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        }))
    }
    let report = record(response);
    assert_eq!(report.result.as_deref(), Some("hey"));
    assert_eq!(report.tokens, Some(Tokens::new(5, 2)));
}

#[test]
fn pointers_to_types_of_other_crates_are_what_they_point_to() {
    let bytes = || bytes::Bytes::from_static(b"abc");
    assert_eq!(captured(Arc::new(bytes())), "<3 bytes>");
    assert_eq!(captured(Box::new(bytes())), "<3 bytes>");
    assert_eq!(captured(Some(Arc::new(bytes()))), "<3 bytes>");
    assert_eq!(captured(Arc::new(Name("accept"))), "accept");
    assert_eq!(captured(Box::new(Name("accept"))), "accept");
    assert_eq!(captured(Some(Name("accept"))), "accept");
    assert_eq!(captured(Some(Rc::new(Name("accept")))), "accept");
    assert_eq!(captured(None::<Name>), "");
}

#[test]
fn guards_and_other_holders_are_what_they_hold() {
    assert_eq!(
        captured(kept(Mutex::new("x".to_owned())).lock().unwrap()),
        "x"
    );
    assert_eq!(
        captured(kept(Mutex::new(vec![1_u8, 2])).lock().unwrap()),
        "<2 bytes>"
    );
    assert_eq!(captured(kept(Mutex::new(f64::NAN)).lock().unwrap()), "NaN");
    assert_eq!(captured(Poll::<Account>::Pending), "");
    assert_eq!(captured(OnceLock::<Account>::new()), "");
    #[external_task]
    fn response() -> MutexGuard<'static, serde_json::Value> {
        let response = serde_json::json!({
            "choices": [{"message": {"role": "assistant", "content": "hey"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        });
        kept(Mutex::new(response)).lock().unwrap()
    }
    let report = record(response);
    assert_eq!(report.result.as_deref(), Some("hey"));
    assert_eq!(report.tokens, Some(Tokens::new(5, 2)));
}

#[test]
fn what_dereferences_to_a_text_that_it_masks_stays_masked() {
    assert_eq!(captured(Masked("hidden")), "***");
    assert_eq!(captured(&Masked("hidden")), "***");
    assert_eq!(captured(Some(Masked("hidden"))), "Some(***)");
    assert_eq!(captured(Arc::new(Masked("hidden"))), "***");
}

#[test]
fn what_a_type_hides_from_its_json_stays_hidden_in_everything_that_holds_it() {
    let hidden = || account(false);
    let json = r#"{"name":"Ada","scores":{}}"#;
    let list = format!("[{json}]");
    assert_eq!(captured(vec![Arc::new(hidden())]), list);
    assert_eq!(captured(&[Arc::new(hidden())][..]), list);
    assert_eq!(captured(Some(vec![Arc::new(hidden())])), list);
    let map = BTreeMap::from([("a", Rc::new(hidden()))]);
    assert_eq!(captured(map), format!(r#"{{"a":{json}}}"#));
    assert_eq!(captured((Arc::new(hidden()), 1)), format!("[{json},1]"));
    assert_eq!(captured(Rc::new(Arc::new(hidden()))), json);
    assert_eq!(captured(kept(Mutex::new(hidden())).lock().unwrap()), json);
    assert_eq!(captured(&kept(Mutex::new(hidden())).lock().unwrap()), json);
    assert_eq!(captured(kept(Mutex::new(hidden())).lock().ok()), json);
    assert_eq!(captured(kept(RwLock::new(hidden())).read().unwrap()), json);
    assert_eq!(captured(kept(RefCell::new(hidden())).borrow()), json);
    assert_eq!(captured(Box::pin(hidden())), json);
    assert_eq!(captured(Pin::new(kept(hidden()))), json);
    assert_eq!(captured(OnceLock::from(hidden())), json);
    assert_eq!(captured(Arc::new(OnceLock::from(hidden()))), json);
    assert_eq!(captured(Poll::Ready(hidden())), json);
    assert_eq!(captured(ManuallyDrop::new(hidden())), json);
    let flow = captured(ControlFlow::<_, u8>::Break(hidden()));
    assert_eq!(flow, format!(r#"{{"Break":{json}}}"#));
    let flow = captured(ControlFlow::<Account, ()>::Continue(()));
    assert_eq!(flow, r#"{"Continue":null}"#);
}

#[test]
fn a_value_that_is_made_later_is_not_made_to_be_captured() {
    let later: LazyLock<Account> = LazyLock::new(|| panic!("nobody asked for it"));
    let shown = captured(&later);
    assert!(
        shown.starts_with('<') && shown.contains("LazyLock"),
        "{shown}"
    );
}

#[test]
fn what_a_type_hides_from_its_json_never_leaves() {
    assert_eq!(captured(account(false)), r#"{"name":"Ada","scores":{}}"#);
    let failed = captured(account(true));
    assert!(failed.contains("key must be a string"), "{failed}");
    assert!(!failed.contains("hidden"), "{failed}");
    let json = r#"{"name":"Ada","scores":{}}"#;
    assert_eq!(captured(Arc::new(Mutex::new(account(false)))), json);
    assert_eq!(captured(RwLock::new(account(false))), json);
    let poisoned = Arc::new(Mutex::new(account(false)));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _held = poisoned.lock();
        panic!("while it is held");
    }));
    assert!(panicked.is_err());
    assert_eq!(captured(poisoned), json);
}

#[test]
fn numbers_that_json_does_not_have_are_shown() {
    assert_eq!(captured(f64::NAN), "NaN");
    assert_eq!(captured(f64::NEG_INFINITY), "-inf");
    assert_eq!(captured(1.5_f64), "1.5");
    assert_eq!(captured(Some(f32::INFINITY)), "inf");
    assert_eq!(captured(None::<f32>), "");
    assert_eq!(captured(Arc::new(f64::NAN)), "NaN");
    assert_eq!(captured(Rc::new(f32::INFINITY)), "inf");
    #[external_task]
    fn two(a: f32, b: f32) {}
    let report = record(|| two(f32::NAN, 1.5));
    assert_eq!(report.input.as_deref(), Some(r#"{"a":"NaN","b":1.5}"#));
}

#[test]
fn capturing_stops_at_32_mebibytes() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    const PIECE: usize = 1 << 20;

    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let piece = "x".repeat(PIECE);
            serializer.collect_seq((0..256).map(|_| {
                WRITTEN.fetch_add(1, Ordering::Relaxed);
                piece.as_str()
            }))
        }
    }
    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("it serialises")
        }
    }
    struct Chatty;
    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let piece = "x".repeat(PIECE);
            (0..256).try_for_each(|_| {
                WRITTEN.fetch_add(1, Ordering::Relaxed);
                f.write_str(&piece)
            })
        }
    }
    #[external_task]
    fn json(value: &Endless) {
        current_task().llm_response(value);
    }
    #[external_task]
    fn debug(value: &Chatty, more: u8) -> String {
        "y".repeat(40 << 20)
    }
    let report = record(|| json(&Endless));
    assert!(WRITTEN.swap(0, Ordering::Relaxed) < 2 * 40);
    let input = report.input.unwrap();
    assert!(
        input.starts_with(r#"{"truncated":true,"bytes":"at least 335"#),
        "{}",
        &input[..80]
    );
    assert!(input.len() < 2 << 20, "`max_bytes` cuts what is left");
    let response = report.llm_response.unwrap();
    assert!(
        response.get().contains("at least"),
        "{}",
        &response.get()[..80]
    );

    let report = record(|| debug(&Chatty, 1));
    assert!(WRITTEN.load(Ordering::Relaxed) < 40);
    assert!(report.input.unwrap().contains("at least "));
    assert!(report.result.unwrap().ends_with("… [41943040 bytes]"));
}
