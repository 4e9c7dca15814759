//! Nothing: this package has a test that needs a parser of the Prometheus text format.
