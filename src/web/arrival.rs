//! How a long body comes in: not longer than so long, and after the first seconds not more slowly than so fast. Who sends a byte now
//! and then holds a place that others need; a phone in a cupboard is slow as well, and gets through.

use std::cell::Cell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Error;

/// How long a body may take, and how fast it has to come.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the whole of it.
    pub whole: Duration,
    /// Every stretch of this length is looked at; so the first look comes after it.
    pub stretch: Duration,
    /// So many bytes have to come in each.
    pub least: usize,
    /// Between two looks.
    pub look: Duration,
}

/// For an upload: five minutes, and 8 KB a second over any fifteen.
pub const UPLOAD: Patience =
    Patience { whole: Duration::from_secs(5 * 60), stretch: Duration::from_secs(15), least: 15 * 8 * 1024, look: Duration::from_secs(1) };

/// Counts what has come.
#[derive(Debug, Default)]
pub struct Meter(Cell<usize>);

impl Meter {
    /// So many bytes have come.
    pub fn count(&self, bytes: usize) {
        self.0.set(self.0.get() + bytes);
    }
}

impl Patience {
    /// Waits for the body that is being read, as long as it comes fast enough by its meter.
    ///
    /// # Errors
    /// What reading fails with, and [`Error::Slow`].
    pub async fn wait_for<T>(&self, meter: &Meter, reading: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            read = reading => read,
            () = self.runs_out(meter) => Err(Error::Slow),
        }
    }

    /// Comes to its end when the body is too late or too slow.
    async fn runs_out(&self, meter: &Meter) {
        let start = Instant::now();
        let mut seen = VecDeque::from([(start, meter.0.get())]);
        while start.elapsed() < self.whole {
            tokio::time::sleep(self.look).await;
            let (now, come) = (Instant::now(), meter.0.get());
            // The latest look that is a whole stretch ago.
            while seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= self.stretch) {
                seen.pop_front();
            }
            if let Some((at, before)) = seen.front()
                && now.duration_since(*at) >= self.stretch
                && come - before < self.least
            {
                return;
            }
            seen.push_back((now, come));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Patience =
        Patience { whole: Duration::from_secs(1), stretch: Duration::from_millis(200), least: 100, look: Duration::from_millis(20) };

    /// Bytes that come every twenty milliseconds, by what they are at each time, until that says no more.
    async fn come(patience: Patience, bytes: impl Fn(u32) -> Option<usize>) -> (bool, Duration) {
        let (meter, start) = (Meter::default(), Instant::now());
        let reading = async {
            for n in 0.. {
                let Some(bytes) = bytes(n) else { break };
                meter.count(bytes);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        let read = patience.wait_for(&meter, reading).await;
        assert!(matches!(read, Ok(()) | Err(Error::Slow)));
        (read.is_ok(), start.elapsed())
    }

    #[actix_web::test]
    async fn who_trickles_is_cut_off_after_one_stretch() {
        let (whole, took) = come(QUICK, |n| (n < 1000).then_some(1)).await;
        assert!(!whole && took < Duration::from_millis(600), "{took:?}");
        let (whole, took) = come(QUICK, |n| (n < 1000).then_some(if n < 10 { 50 } else { 0 })).await;
        assert!(!whole && took > Duration::from_millis(250) && took < Duration::from_millis(900), "quick at first, then nothing: {took:?}");
    }

    #[actix_web::test]
    async fn who_begins_slowly_or_stops_for_a_moment_gets_through() {
        assert!(come(QUICK, |n| (n < 25).then_some(if n < 7 { 0 } else { 40 })).await.0);
        assert!(come(QUICK, |n| (n < 25).then_some(if (8..13).contains(&n) { 0 } else { 60 })).await.0);
        assert!(come(QUICK, |n| (n < 5).then_some(1)).await.0, "little, and soon done");
    }

    #[actix_web::test]
    async fn nobody_takes_longer_than_the_whole_time() {
        let (whole, took) = come(QUICK, |n| (n < 1000).then_some(1000)).await;
        assert!(!whole && took >= Duration::from_secs(1) && took < Duration::from_secs(2), "{took:?}");
    }
}
