use crate::sink::Wanted;

/// The functions whose runs a reporter takes, by their paths: `my_app::billing::summarise`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets {
    pub(crate) only: Vec<String>,
    pub(crate) except: Vec<String>,
    /// The paths whose runs count in the enclosing run.
    pub(crate) rollup: Vec<String>,
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

    /// Reads a list such as `their_crate, other`.
    pub(crate) fn parse_rollup(list: &str) -> impl Iterator<Item = String> {
        list.split(',')
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
    }

    pub(crate) fn want(&self, module: &str, function: &str) -> Wanted {
        let is_in = |list: &[String]| list.iter().any(|it| is_under(it, module, function));
        let is_refused = is_in(&self.except);
        Wanted {
            as_task: !is_refused && (self.only.is_empty() || is_in(&self.only)),
            rolled_up: !is_refused && is_in(&self.rollup),
        }
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

    fn wanted(targets: &Targets, module: &str) -> (bool, bool) {
        let wanted = targets.want(module, "ask");
        (wanted.as_task, wanted.rolled_up)
    }

    #[test]
    fn a_list_names_what_is_taken_and_with_a_minus_what_is_not() {
        let targets = Targets::parse("app, lib::x ,, -app::noisy");
        assert_eq!(wanted(&targets, "app"), (true, false));
        assert_eq!(wanted(&targets, "lib::x::y"), (true, false));
        assert_eq!(wanted(&targets, "lib"), (false, false));
        assert_eq!(wanted(&targets, "app::noisy"), (false, false));
        assert_eq!(wanted(&Targets::parse("-app"), "lib"), (true, false));
        assert_eq!(wanted(&Targets::parse(""), "any"), (true, false));
    }

    #[test]
    fn a_rolled_up_path_is_reported_without_being_selected() {
        let mut targets = Targets::parse("app, -lib::noisy");
        targets.rollup = Targets::parse_rollup("lib, app::model ,").collect();
        assert_eq!(wanted(&targets, "app"), (true, false));
        assert_eq!(wanted(&targets, "app::model"), (true, true));
        assert_eq!(wanted(&targets, "lib"), (false, true));
        assert_eq!(wanted(&targets, "lib::noisy"), (false, false));
        assert_eq!(wanted(&targets, "other"), (false, false));
    }
}
