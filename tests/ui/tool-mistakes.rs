//! `#[tool]` says what it cannot do.

use xpander_report::tool;

#[tool]
struct Search;

#[tool(nmae = "search")]
fn misspelt() {}

#[tool]
const fn constant() {}

trait Tools {
    #[tool]
    fn bodiless();
}

fn main() {
    let _ = (Search, misspelt, constant);
}
