//! Units of length, weight and temperature.

/// The supported units.
pub const UNITS: [&str; 6] = [
    "celsius",
    "fahrenheit",
    "kilograms",
    "kilometres",
    "miles",
    "pounds",
];

/// Converts a value from a unit to another of its kind.
pub fn convert(value: f64, from: &str, to: &str) -> Result<f64, String> {
    Ok(match (from, to) {
        ("celsius", "fahrenheit") => value * 1.8 + 32.0,
        ("fahrenheit", "celsius") => (value - 32.0) / 1.8,
        ("kilograms", "pounds") => value / 0.453_592_37,
        ("pounds", "kilograms") => value * 0.453_592_37,
        ("kilometres", "miles") => value / 1.609_344,
        ("miles", "kilometres") => value * 1.609_344,
        _ => return Err(format!("{from} cannot be converted to {to}")),
    })
}

#[cfg(test)]
mod tests {
    use super::convert;

    #[test]
    fn there_and_back_is_the_same() {
        let kinds = [
            ("celsius", "fahrenheit"),
            ("kilograms", "pounds"),
            ("kilometres", "miles"),
        ];
        for (a, b) in kinds {
            let back = convert(convert(26.2, a, b).unwrap(), b, a).unwrap();
            assert!((back - 26.2).abs() < 1e-9, "{a}, {b}: {back}");
        }
        assert_eq!(convert(100.0, "celsius", "fahrenheit"), Ok(212.0));
        assert_eq!(convert(1.0, "miles", "kilometres"), Ok(1.609_344));
        assert_eq!(convert(1.0, "pounds", "kilograms"), Ok(0.453_592_37));
    }

    #[test]
    fn units_of_different_kinds_do_not_convert() {
        assert!(convert(1.0, "miles", "pounds").is_err());
    }
}
