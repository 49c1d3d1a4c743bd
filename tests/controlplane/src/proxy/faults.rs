//! What the proxy does to requests: decided here, as data, and carried out by the server.

use std::sync::mpsc::Sender;
use std::time::Duration;

use super::sent::Sent;

/// Where the n-th write is stopped. The first write after arming is 1.
///
/// From the moment in which the fault strikes, no counted write gets through any more, until
/// [`super::Proxy::disarm`]: as if the client had died there. Writes that were already on their way
/// finish. Reads and watches go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The write is never sent to the API server.
    BeforeWrite(u64),
    /// The write takes effect, and its answer never arrives.
    AfterWrite(u64),
}

impl Fault {
    fn number(self) -> u64 {
        match self {
            Self::BeforeWrite(number) | Self::AfterWrite(number) => number,
        }
    }
}

/// What is to be done with one request.
pub(super) enum Verdict {
    /// Send it on and hand back the answer.
    Forward,
    /// Neither send it on nor answer.
    Hold,
    /// Send it on, wait for the end of the answer, tell, and do not hand it back.
    ForwardThenHold(Sender<Sent>),
    /// Answer without asking the API server.
    Answer(Answer),
}

/// An answer in place of the API server's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
}

type Which = Box<dyn Fn(&Sent) -> bool + Send>;

struct Armed {
    fault: Fault,
    seen: u64,
    tell: Sender<Sent>,
}

/// What is in force now. Everything here is instantaneous: no I/O and no waiting.
pub(super) struct Faults {
    counts: Which,
    writes_seen: u64,
    armed: Option<Armed>,
    answer: Option<(Answer, Which)>,
    pub(super) delay: Duration,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            counts: Box::new(Sent::changes_the_cluster),
            writes_seen: 0,
            armed: None,
            answer: None,
            delay: Duration::ZERO,
        }
    }
}

impl Faults {
    pub(super) fn count_only(&mut self, counts: impl Fn(&Sent) -> bool + Send + 'static) {
        self.counts = Box::new(counts);
    }

    pub(super) fn arm(&mut self, fault: Fault, tell: Sender<Sent>) {
        self.armed = Some(Armed { fault, seen: 0, tell });
    }

    pub(super) fn disarm(&mut self) {
        self.armed = None;
    }

    pub(super) fn answer(&mut self, answer: Answer, which: impl Fn(&Sent) -> bool + Send + 'static) {
        self.answer = Some((answer, Box::new(which)));
    }

    pub(super) fn forward_again(&mut self) {
        self.answer = None;
    }

    pub(super) fn writes_seen(&self) -> u64 {
        self.writes_seen
    }

    /// Decides about one request, and counts it.
    pub(super) fn decide(&mut self, sent: &Sent) -> Verdict {
        if let Some((answer, which)) = &self.answer
            && which(sent)
        {
            return Verdict::Answer(*answer);
        }
        if !sent.is_write() || !(self.counts)(sent) {
            return Verdict::Forward;
        }
        self.writes_seen += 1;
        let Some(armed) = &mut self.armed else { return Verdict::Forward };
        armed.seen += 1;
        if armed.seen < armed.fault.number() {
            return Verdict::Forward;
        }
        let strikes = armed.seen == armed.fault.number();
        match armed.fault {
            Fault::AfterWrite(_) if strikes => Verdict::ForwardThenHold(armed.tell.clone()),
            Fault::BeforeWrite(_) if strikes => {
                // The test may have given up waiting; the write is held all the same.
                let _ = armed.tell.send(sent.clone());
                Verdict::Hold
            }
            _ => Verdict::Hold,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn request(method: &str) -> Sent {
        Sent { method: method.into(), path: "/api/v1/namespaces/default/configmaps/a".into(), query: String::new() }
    }

    #[test]
    fn the_second_write_and_all_after_it_are_held_and_reads_are_not() {
        let mut faults = Faults::default();
        let (tell, told) = channel();
        faults.decide(&request("PATCH"));
        faults.arm(Fault::BeforeWrite(2), tell);
        assert!(matches!(faults.decide(&request("PATCH")), Verdict::Forward));
        assert!(told.try_recv().is_err());
        assert!(matches!(faults.decide(&request("DELETE")), Verdict::Hold));
        assert_eq!(told.try_recv().unwrap().method, "DELETE");
        assert!(matches!(faults.decide(&request("PATCH")), Verdict::Hold));
        assert!(matches!(faults.decide(&request("GET")), Verdict::Forward));
        faults.disarm();
        assert!(matches!(faults.decide(&request("PATCH")), Verdict::Forward));
        assert_eq!(faults.writes_seen(), 5);
    }

    #[test]
    fn after_a_write_means_that_it_is_forwarded_first() {
        let mut faults = Faults::default();
        faults.arm(Fault::AfterWrite(1), channel().0);
        assert!(matches!(faults.decide(&request("POST")), Verdict::ForwardThenHold(_)));
        assert!(matches!(faults.decide(&request("POST")), Verdict::Hold));
    }
}
