/// An option of a select in a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Choice {
    /// Options whose labels are their values. The chosen value is always among them.
    pub(super) fn among<'a>(
        values: impl IntoIterator<Item = &'a str>,
        chosen: Option<&str>,
    ) -> Vec<Self> {
        Self::labelled(values.into_iter().map(|value| (value, value)), chosen)
    }

    pub(super) fn labelled<'a>(
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
        chosen: Option<&str>,
    ) -> Vec<Self> {
        let choice = |value: &str, label: &str| Self {
            chosen: chosen == Some(value),
            value: value.to_owned(),
            label: label.to_owned(),
        };
        let mut choices: Vec<Self> = values
            .into_iter()
            .map(|(value, label)| choice(value, label))
            .collect();
        if let Some(value) = chosen
            && !choices.iter().any(|choice| choice.chosen)
        {
            choices.insert(0, choice(value, value));
        }
        choices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_offered() {
        let choices = Choice::among(["a", "b"], Some("gone"));
        let chosen: Vec<(&str, bool)> = choices
            .iter()
            .map(|choice| (choice.value.as_str(), choice.chosen))
            .collect();
        assert_eq!(chosen, [("gone", true), ("a", false), ("b", false)]);
    }
}
