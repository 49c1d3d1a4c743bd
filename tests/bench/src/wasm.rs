//! The wasm path in this process: an instance, a call, and the same function native.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use fleet::Fleet;
use innkeeper_core::contract::{Limits, Phase, Request};
use innkeeper_core::world::World;
use innkeeper_guest::{Engine, Module};
use innkeeper_sdk::Context;

use crate::figures::Wasm;
use crate::objects;
use crate::options::Options;
use crate::statistics::Spread;

/// About so large is the object, in bytes.
const SIZE: usize = 10_000;

/// Calls the guest so many times in each way.
pub(crate) fn measure(options: &Options) -> Result<Option<Wasm>> {
    if options.calls == 0 {
        return Ok(None);
    }
    let engine = Engine::new()?;
    let module = engine.load(&std::fs::read(options.guest()?)?)?;
    let object = large();
    let text = serde_json::to_string(&object)?;
    eprintln!("bench: {} calls of the guest with an object of {} bytes", options.calls, text.len());
    let (mut instantiate, mut fresh, mut second, mut native) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let cx = Context::for_test(object);
    for round in 0..=options.calls {
        let call = call(&engine, &module, &text)?;
        let parts = engine.measure(&module, request(&text), World::default(), &Limits::default())?;
        let began = Instant::now();
        black_box(serde_json::from_str::<Fleet>(black_box(&text))?);
        let outcome = fleet::reconcile(&cx).map_err(|failure| anyhow!("the guest failed natively: {failure:?}"))?;
        black_box(outcome.crossing().map_err(|failure| anyhow!("the guest failed natively: {failure:?}"))?);
        // The first makes everything warm.
        if round > 0 {
            native.push(micros(began.elapsed()));
            fresh.push(micros(call));
            instantiate.push(micros(parts.instantiate));
            second.push(micros(parts.second));
        }
    }
    let spread = |values| Spread::of(values).context("nothing was measured");
    let (instantiate, fresh) = (spread(instantiate)?, spread(fresh)?);
    Ok(Some(Wasm { object_bytes: text.len(), instantiate, fresh, second: spread(second)?, native: spread(native)? }))
}

/// As the host calls it: a fresh instance, the question and the answer converted.
fn call(engine: &Engine, module: &Module, text: &str) -> Result<Duration> {
    let request = request(text);
    let began = Instant::now();
    let answer = engine.call(module, request, World::default(), &Limits::default());
    let took = began.elapsed();
    answer.result?;
    Ok(took)
}

fn request(text: &str) -> Request {
    Request {
        phase: Phase::Apply,
        object: text.to_owned(),
        config: "{}".to_owned(),
        children: Vec::new(),
        contributions: Vec::new(),
        removals: Vec::new(),
    }
}

/// An object with much in it.
fn large() -> Fleet {
    let mut object = objects::object("large", "first");
    let line = "a line of some configuration, neither short nor long\n";
    let entries = (0..SIZE / (line.len() * 2 + 10)).map(|n| (format!("file-{n:03}"), line.repeat(2)));
    object.spec.data.extend(entries);
    object
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_about_as_large_as_is_said() {
        let bytes = serde_json::to_string(&large()).expect("it is JSON").len();
        assert!((SIZE * 9 / 10..=SIZE * 12 / 10).contains(&bytes), "{bytes}");
    }
}
