//! Nothing: this package has a benchmark that needs a server of NATS.
