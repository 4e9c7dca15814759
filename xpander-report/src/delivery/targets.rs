/// Whose runs a reporter takes: by the path of the function, `my_app::billing::summarise`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets {
    pub(crate) only: Vec<String>,
    pub(crate) except: Vec<String>,
}

impl Targets {
    /// Reads a list such as `my_app, other, -my_app::noisy`.
    pub(crate) fn parse(list: &str) -> Self {
        let mut targets = Self::default();
        for target in list
            .split(',')
            .map(str::trim)
            .filter(|target| !target.is_empty())
        {
            match target.strip_prefix('-') {
                Some(except) => targets.except.push(except.trim().to_owned()),
                None => targets.only.push(target.to_owned()),
            }
        }
        targets
    }

    pub(crate) fn contain(&self, module: &str, function: &str) -> bool {
        let is = |prefix: &String| is_under(prefix, module, function);
        (self.only.is_empty() || self.only.iter().any(is)) && !self.except.iter().any(is)
    }
}

/// Whether `prefix` is the path `module::function` or leads to it.
fn is_under(prefix: &str, module: &str, function: &str) -> bool {
    let below = |path: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    below(module)
        || prefix
            .strip_prefix(module)
            .and_then(|rest| rest.strip_prefix("::"))
            == Some(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_path_or_what_leads_to_it() {
        for (prefix, expected) in [
            ("app", true),
            ("app::billing", true),
            ("app::billing::ask", true),
            ("app::bill", false),
            ("app::billing::as", false),
            ("ap", false),
            ("other", false),
        ] {
            assert_eq!(
                is_under(prefix, "app::billing", "ask"),
                expected,
                "{prefix}"
            );
        }
    }

    #[test]
    fn a_list_names_what_is_taken_and_with_a_minus_what_is_not() {
        let targets = Targets::parse("app, lib::x ,, -app::noisy");
        assert!(targets.contain("app", "ask"));
        assert!(targets.contain("lib::x::y", "ask"));
        assert!(!targets.contain("lib", "ask"));
        assert!(!targets.contain("app::noisy", "ask"));
        assert!(Targets::parse("-app").contain("lib", "ask"));
        assert!(Targets::parse("").contain("any", "thing"));
    }
}
