//! The value of an arithmetic expression.

/// Computes `+ - * /`, parentheses and signs, as one reads them.
pub fn evaluate(expression: &str) -> Result<f64, String> {
    let mut rest = Rest(expression);
    let value = rest.sum()?;
    match rest.next() {
        None => Ok(value),
        Some(left) => Err(format!("`{left}` was not expected in `{expression}`")),
    }
}

/// The unread rest of an expression.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.takes('+') {
                value += self.product()?;
            } else if self.takes('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.factor()?;
        loop {
            if self.takes('*') {
                value *= self.factor()?;
            } else if self.takes('/') {
                let divisor = self.factor()?;
                if divisor == 0.0 {
                    return Err("nothing can be divided by zero".to_owned());
                }
                value /= divisor;
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<f64, String> {
        if self.takes('-') {
            return Ok(-self.factor()?);
        }
        if self.takes('(') {
            let value = self.sum()?;
            return if self.takes(')') {
                Ok(value)
            } else {
                Err("a `)` is missing".to_owned())
            };
        }
        self.0 = self.0.trim_start();
        let end = self.0.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        let value = number.parse().map_err(|_| {
            let found = self.0.chars().next();
            let found = found.map_or("the end".to_owned(), |found| format!("`{found}`"));
            format!("a number was expected instead of {found}")
        })?;
        self.0 = rest;
        Ok(value)
    }

    /// Takes this sign, if it is the next one.
    fn takes(&mut self, sign: char) -> bool {
        let Some(rest) = self.0.trim_start().strip_prefix(sign) else {
            return false;
        };
        self.0 = rest;
        true
    }

    fn next(&self) -> Option<char> {
        self.0.trim_start().chars().next()
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn expressions_are_computed_as_one_reads_them() {
        assert_eq!(evaluate("(17 + 4) * 2.5"), Ok(52.5));
        assert_eq!(evaluate("17 + 4 * 2.5"), Ok(27.0));
        assert_eq!(evaluate("2 - 3 - 4"), Ok(-5.0));
        assert_eq!(evaluate(" 12/3/ 2 "), Ok(2.0));
        assert_eq!(evaluate("-(1 - 3) * -2"), Ok(-4.0));
    }

    #[test]
    fn what_is_no_expression_has_no_value() {
        let unfinished = ["", "1 +", "(1", "1)", "a", "1 2", "1..2"];
        for expression in unfinished {
            assert!(evaluate(expression).is_err(), "{expression}");
        }
        let error = evaluate("1 / (2 - 2)").unwrap_err();
        assert_eq!(error, "nothing can be divided by zero");
    }
}
