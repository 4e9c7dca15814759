//! A histogram of durations with logarithmic buckets: sixteen for each doubling, starting at a millisecond.
//! The middle of a bucket differs by at most 2.2 % from each of its durations.

const MIN_SECONDS: f64 = 0.001;
const BUCKETS_PER_DOUBLING: f64 = 16.0;

/// About 136 years.
const MAX_BUCKET: u16 = 660;

/// The count of each bucket, up to the last bucket in use. In a difference of two histograms counts may be
/// negative.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Histogram(Vec<i64>);

impl Histogram {
    /// Counts a duration in seconds `by` times. Ignores unknown durations, which clients report as 0.
    pub(crate) fn count(&mut self, seconds: Option<f64>, by: i64) {
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
            self.add(bucket(seconds), by);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.extend_to(other.0.len());
        for (count, by) in self.0.iter_mut().zip(&other.0) {
            *count += by;
        }
    }

    fn add(&mut self, bucket: u16, by: i64) {
        let bucket = usize::from(bucket);
        self.extend_to(bucket + 1);
        if let Some(count) = self.0.get_mut(bucket) {
            *count += by;
        }
    }

    fn extend_to(&mut self, buckets: usize) {
        if self.0.len() < buckets {
            self.0.resize(buckets, 0);
        }
    }

    /// A quantile of the durations in seconds. `None` without durations.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let all: i64 = self.0.iter().sum();
        if all <= 0 {
            return None;
        }
        let rank = ((all as f64 * share).ceil() as i64).clamp(1, all);
        let mut seen = 0;
        let bucket = self.0.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map(middle)
    }

    /// Pairs of 2 and 4 bytes: bucket and count.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let counted = (0_u16..).zip(&self.0).filter(|(_, count)| **count > 0);
        counted
            .flat_map(|(bucket, count)| {
                let count = u32::try_from(*count).unwrap_or(u32::MAX);
                let [a, b] = bucket.to_be_bytes();
                let [c, d, e, f] = count.to_be_bytes();
                [a, b, c, d, e, f]
            })
            .collect()
    }

    pub(crate) fn add_bytes(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(6) {
            if let [a, b, c, d, e, f] = *pair {
                let count = u32::from_be_bytes([c, d, e, f]);
                self.add(u16::from_be_bytes([a, b]).min(MAX_BUCKET), count.into());
            }
        }
    }
}

fn bucket(seconds: f64) -> u16 {
    let at = ((seconds / MIN_SECONDS).log2() * BUCKETS_PER_DOUBLING).floor();
    at.clamp(0.0, f64::from(MAX_BUCKET)) as u16
}

fn middle(bucket: usize) -> f64 {
    MIN_SECONDS * ((bucket as f64 + 0.5) / BUCKETS_PER_DOUBLING).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: impl IntoIterator<Item = f64>) -> Histogram {
        let mut histogram = Histogram::default();
        for seconds in durations {
            histogram.count(Some(seconds), 1);
        }
        histogram
    }

    #[test]
    fn quantiles_are_near() {
        let histogram = of((1..=1000).map(|tenths| f64::from(tenths) / 10.0));
        for (share, exact) in [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0)] {
            let found = histogram.quantile(share).unwrap();
            assert!((found / exact - 1.0).abs() < 0.03, "{share}: {found}");
        }
    }

    #[test]
    fn wild_durations_have_a_bucket_and_unknown_ones_have_none() {
        assert_eq!(of([0.0, -1.0, f64::NAN]).quantile(0.5), None);
        for wild in [1e-300, 1e300, f64::INFINITY] {
            assert!(of([wild]).quantile(0.5).unwrap().is_finite());
        }
    }

    #[test]
    fn bytes_are_read_back_and_added() {
        let histogram = of([0.2, 0.2, 5.0]);
        let mut twice = Histogram::default();
        twice.add_bytes(&histogram.to_bytes());
        assert_eq!(twice.to_bytes(), histogram.to_bytes());
        twice.add_bytes(&histogram.to_bytes());
        let mut expected = histogram.clone();
        expected.merge(&histogram);
        assert_eq!(twice.to_bytes(), expected.to_bytes());
        twice.add_bytes(&[1, 2, 3]);
        assert_eq!(twice.to_bytes(), expected.to_bytes());
    }

    #[test]
    fn what_is_counted_can_be_taken_away() {
        let mut histogram = of([0.2, 5.0]);
        histogram.count(Some(5.0), -1);
        assert_eq!(histogram.to_bytes(), of([0.2]).to_bytes());
    }
}
