//! At how many requests in flight the raw writer is fastest.

use anyhow::Result;

use crate::contender::Contender;
use crate::figures::Swept;
use crate::options::{Options, Who};
use crate::round::Course;
use crate::stage::Stage;

/// What is tried.
const TRIED: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// With at most so many objects.
const OBJECTS: usize = 500;

/// Tries, and says which was fastest. It warms the API server up too.
pub(crate) async fn sweep(stage: &Stage, options: &Options) -> Result<(usize, Vec<Swept>)> {
    if let Some(concurrency) = options.concurrency {
        return Ok((concurrency.max(1), Vec::new()));
    }
    let objects = options.objects.iter().copied().max().unwrap_or(OBJECTS).min(OBJECTS);
    let course = Course { stage, options, objects, whole: false };
    let mut swept = Vec::new();
    // The first try only makes the API server warm.
    for concurrency in [8].into_iter().chain(TRIED) {
        let contender = Contender::new(Who::Raw, stage, options, concurrency)?;
        let seconds = course.turn(&contender).await?.create.status_s;
        eprintln!("bench: the raw writer with {concurrency} requests in flight: {seconds:.2} s");
        swept.push(Swept { concurrency, seconds });
    }
    swept.remove(0);
    let fastest = swept.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Ok((fastest.map_or(8, |swept| swept.concurrency), swept))
}
