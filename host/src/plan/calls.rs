//! The calls of a plan, and what comes of them: every object with both modules, on several threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use innkeeper_core::engine::Survey;
use innkeeper_core::kind::Kind;
use innkeeper_core::plan::{self, Difference, Said};
use innkeeper_core::resource::Resource;
use innkeeper_guest::{Engine, Module};

/// What both modules say of each object: of the same question, in the same world.
pub(super) fn both(
    guests: &Engine,
    [serving, new]: [&Module; 2],
    survey: &Survey,
    threads: usize,
) -> Vec<(Said, Said)> {
    let ask = |module: &Module, request, world| guests.call(module, request, world, &survey.binding.limits).result;
    on_threads(threads, survey.asked.len(), |n| {
        let (request, world) = survey.asked[n].question();
        (ask(serving, request.clone(), world.clone()), ask(new, request, world))
    })
}

/// What would be different for each object.
pub(super) fn compared(
    survey: &Survey,
    said: &[(Said, Said)],
    resources: &HashMap<Kind, Arc<Resource>>,
    threads: usize,
) -> Vec<Difference> {
    let resource = |kind: &Kind| resources.get(kind).cloned();
    on_threads(threads, said.len(), |n| {
        let (asked, (before, after)) = (&survey.asked[n], &said[n]);
        plan::compare((asked.object().as_ref(), &*survey.binding, asked.children()), Some(before), after, &resource)
    })
}

/// What a function comes to for each number below `all`, in their order.
fn on_threads<T: Send>(threads: usize, all: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, work) = (AtomicUsize::new(0), &work);
    let turns = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= all {
                return done;
            }
            done.push((n, work(n)));
        }
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(turns)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once_and_in_order() {
        assert_eq!(on_threads(3, 1_000, |n| n * 2), (0..1_000).map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(on_threads(3, 0, |n| n), Vec::<usize>::new());
    }
}
