use super::*;

macro_rules! function {
        ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:pat_param => $type:ty),*) -> $output:ty $body:block) => {
            $(#[$meta])*
            #[external_task]
            $visibility fn $name($($argument: $type),*) -> $output $body
        };
    }

function! {
    /// Documented.
    pub(crate) fn add((a, b) => (u32, u32), c => u32) -> u32 { a + b + c }
}
function!(fn never(reason => &str) -> ! { panic!("{reason}") });
function!(fn later(n => u32) -> Pin<Box<dyn Future<Output = u32>>> { Box::pin(async move { n }) });

#[test]
fn a_function_of_fragments() {
    assert_eq!(result(|| add((1, 2), 3)).as_deref(), Some("6"));
    let report = record(|| std::panic::catch_unwind(|| never("x")).is_err());
    assert_eq!(report.result.as_deref(), Some("panicked: x"));
    assert_eq!(result(|| block_on(later(1))).as_deref(), Some("1"));
}

#[test]
    #[rustfmt::skip]
    fn bodies_on_one_line() {
        #[external_task]
        fn constant() -> u32 { 1 }
        #[external_task]
        fn sync(n: u32) -> u32 { n }
        #[external_task]
        async fn later(n: u32) -> u32 { n }
        #[external_task]
        fn boxed(n: u32) -> BoxFuture<'static, u32> { async move { n }.boxed() }
        assert_eq!(result(constant).as_deref(), Some("1"));
        assert_eq!(result(|| sync(1)).as_deref(), Some("1"));
        assert_eq!(result(|| block_on(later(1))).as_deref(), Some("1"));
        assert_eq!(result(|| block_on(boxed(1))).as_deref(), Some("1"));
    }

macro_rules! methods {
        ($type:ident, $field:ident, $($method:item)*) => {
            impl $type {
                $(#[external_task] $method)*

                #[external_task(input = self.$field)]
                async fn read(&self) -> u32 {
                    smol::future::yield_now().await;
                    self.$field
                }
            }
        };
    }

struct Cell {
    value: u32,
}

methods! {
    Cell, value,
    fn write(&mut self, value: u32) -> u32 {
        self.value = value;
        self.value
    }
}

macro_rules! of {
    ($self:ident, $value:ident) => {
        $self.value + $value
    };
}

impl Cell {
    #[external_task]
    fn plus(&self, n: u32) -> u32 {
        of!(self, n)
    }
}

#[test]
fn methods_of_fragments_and_self_inside_a_macro() {
    let mut cell = Cell { value: 1 };
    assert_eq!(result(|| cell.write(2)).as_deref(), Some("2"));
    assert_eq!(input(|| block_on(cell.read())).as_deref(), Some("2"));
    assert_eq!(result(|| cell.plus(3)).as_deref(), Some("5"));
}
