//! One contender's turn: create, change, quiet, restart.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;

use crate::cleanup;
use crate::contender::Contender;
use crate::figures::{Asked, Phase, Restart, Turn};
use crate::ledger::{CHILDREN, Ledger};
use crate::objects;
use crate::options::Options;
use crate::process::Process;
use crate::stage::Stage;

/// How long one phase may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Between two looks into the audit log.
const PAUSE: Duration = Duration::from_millis(100);
/// The one child that shows the field that is changed.
const CHANGED: &str = "configmaps";

/// What a turn is made of.
pub(crate) struct Course<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) options: &'a Options,
    pub(crate) objects: usize,
    /// Whether it is looked at rest and restart too.
    pub(crate) whole: bool,
}

impl Course<'_> {
    /// One turn; nothing is left of it.
    pub(crate) async fn turn(&self, contender: &Contender) -> Result<Turn> {
        let turn = self.phases(contender).await;
        self.clear().await?;
        turn.with_context(|| format!("{} with {} objects", contender.who.title(), self.objects))
    }

    /// Nothing is left.
    pub(crate) async fn clear(&self) -> Result<()> {
        cleanup::remove_everything(&self.stage.client).await
    }

    /// The objects are there, the contender has been started, and has done its work.
    pub(crate) async fn standing(&self, contender: &Contender) -> Result<(Process, Phase)> {
        objects::create(&self.stage.client, self.objects, "first").await?;
        let mut ledger = self.ledger(contender)?;
        let started = Timestamp::now();
        let mut process = contender.start()?;
        let create = self.create(contender, &mut process, &mut ledger, started).await?;
        Ok((process, create))
    }

    /// The contender has been started and has come to rest; there was nothing to do.
    pub(crate) async fn at_rest(&self, contender: &Contender) -> Result<Process> {
        let mut ledger = self.ledger(contender)?;
        let mut process = contender.start()?;
        self.until("it asks for something", &mut process, &mut ledger, |l| l.last().is_some()).await?;
        self.rest(&mut process, &mut ledger).await?;
        Ok(process)
    }

    async fn phases(&self, contender: &Contender) -> Result<Turn> {
        let (mut process, create) = self.standing(contender).await?;
        let change = self.change(contender, &mut process).await?;
        let quiet = if self.whole && contender.who.is_controller() { Some(self.quiet(contender).await?) } else { None };
        let usage = process.usage()?;
        process.stop()?;
        let restart =
            if self.whole && contender.who.is_controller() { Some(self.restart(contender).await?) } else { None };
        Ok(Turn { who: contender.who.title(), create, change, quiet, restart, usage })
    }

    fn ledger(&self, contender: &Contender) -> Result<Ledger> {
        let audit = &self.stage.audit;
        Ok(Ledger::open(audit, &audit.mark()?, contender.user, contender.who.is_controller()))
    }

    async fn create(
        &self,
        contender: &Contender,
        process: &mut Process,
        ledger: &mut Ledger,
        started: Timestamp,
    ) -> Result<Phase> {
        let count = self.objects;
        if !contender.who.is_controller() {
            process.tell(&format!("create {count}"))?;
        }
        let done = |l: &Ledger| l.created().0 >= count * CHILDREN.len() && l.reported().0 >= count;
        self.until("every child and every status is there", process, ledger, done).await?;
        self.rest(process, ledger).await?;
        objects::must_show(&self.stage.client, count, "first").await?;
        let (children, status) = (ledger.created().1, ledger.reported().1);
        let mut phase = phase(ledger, ledger.began(), children, status, process.usage()?.cpu_s)?;
        phase.since_start_s = Some(seconds(Some(started), children)?);
        Ok(phase)
    }

    /// One field of every object is changed at once.
    pub(crate) async fn change(&self, contender: &Contender, process: &mut Process) -> Result<Phase> {
        let mut ledger = self.ledger(contender)?;
        let before = process.usage()?.cpu_s;
        if !contender.who.is_controller() {
            process.tell("change second")?;
        }
        objects::change(&self.stage.client, self.objects, "second").await?;
        let done = |l: &Ledger| l.followed(CHANGED).0 >= self.objects && l.reported().0 >= self.objects;
        self.until("every change has arrived", process, &mut ledger, done).await?;
        self.rest(process, &mut ledger).await?;
        objects::must_show(&self.stage.client, self.objects, "second").await?;
        let began = if contender.who.is_controller() { ledger.first_change() } else { ledger.began() };
        let cpu_s = process.usage()?.cpu_s - before;
        phase(&ledger, began, ledger.followed(CHANGED).1, ledger.reported().1, cpu_s)
    }

    async fn quiet(&self, contender: &Contender) -> Result<Asked> {
        let mut ledger = self.ledger(contender)?;
        tokio::time::sleep(Duration::from_secs_f64(self.options.quiet_seconds)).await;
        ledger.read()?;
        Ok(ledger.asked())
    }

    async fn restart(&self, contender: &Contender) -> Result<Restart> {
        let mut ledger = self.ledger(contender)?;
        let started = Timestamp::now();
        let mut process = contender.start()?;
        self.until("it asks for something", &mut process, &mut ledger, |l| l.last().is_some()).await?;
        self.rest(&mut process, &mut ledger).await?;
        let seconds = seconds(Some(started), ledger.last())?;
        tokio::time::sleep(Duration::from_secs_f64(self.options.restart_seconds)).await;
        ledger.read()?;
        let cpu_s = process.usage()?.cpu_s;
        process.stop()?;
        Ok(Restart { seconds, cpu_s, asked: ledger.asked() })
    }

    /// Waits until the ledger shows that it is so.
    async fn until(
        &self,
        what: &str,
        process: &mut Process,
        ledger: &mut Ledger,
        done: impl Fn(&Ledger) -> bool,
    ) -> Result<()> {
        let began = Instant::now();
        loop {
            process.check()?;
            ledger.read()?;
            if done(ledger) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "not so after {PATIENCE:?}: {what}. Asked so far: {:#?}. {}",
                    ledger.asked(),
                    process.last_words()
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the contender has asked for nothing for a while.
    async fn rest(&self, process: &mut Process, ledger: &mut Ledger) -> Result<()> {
        let (began, mut busy) = (Instant::now(), Instant::now());
        while busy.elapsed() < Duration::from_secs_f64(self.options.rest_seconds) {
            tokio::time::sleep(PAUSE).await;
            process.check()?;
            if ledger.read()? {
                busy = Instant::now();
            }
            if began.elapsed() > PATIENCE {
                bail!("it finds no rest: {:#?}. {}", ledger.asked(), process.last_words());
            }
        }
        Ok(())
    }
}

fn phase(
    ledger: &Ledger,
    began: Option<Timestamp>,
    children: Option<Timestamp>,
    status: Option<Timestamp>,
    cpu_s: f64,
) -> Result<Phase> {
    Ok(Phase {
        children_s: seconds(began, children)?,
        status_s: seconds(began, status)?,
        since_start_s: None,
        cpu_s,
        asked: ledger.asked(),
    })
}

fn seconds(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<f64> {
    let (from, to) = from.zip(to).context("nothing was written")?;
    Ok(to.duration_since(from).as_secs_f64())
}
