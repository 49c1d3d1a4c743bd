//! What grows with the number of objects, and what does not: CPU time for a change, and memory.

use anyhow::Result;

use crate::contender::Contender;
use crate::figures::Scaled;
use crate::options::{Options, Who};
use crate::round::Course;
use crate::stage::Stage;

/// How many objects there are.
const SIZES: [usize; 2] = [1_000, 10_000];

/// Measures the host at each size, and a kube-rs controller that keeps the same kinds in stores.
pub(crate) async fn measure(stage: &Stage, options: &Options) -> Result<Vec<Scaled>> {
    let mut scaled = Vec::new();
    if !options.scale {
        return Ok(scaled);
    }
    let host = Contender::new(Who::Innkeeper, stage, options, 1)?;
    let stores = Contender::new(Who::KubeRs, stage, options, 1)?.reflecting();
    for objects in SIZES {
        eprintln!("bench: {objects} objects: CPU time for a change, and memory");
        let course = Course { stage, options, objects, whole: false };
        let measured = at(&course, &host, &stores).await;
        course.clear().await?;
        scaled.push(measured?);
    }
    Ok(scaled)
}

async fn at(course: &Course<'_>, host: &Contender, stores: &Contender) -> Result<Scaled> {
    let (mut process, _) = course.standing(host).await?;
    // As many changes at each size, so that only the number of bystanders differs.
    let changed = SIZES[0];
    let few = Course { objects: changed, ..*course };
    let change = few.change(host, &mut process).await?;
    let usage = process.usage()?;
    process.stop()?;
    let mut process = course.at_rest(stores).await?;
    let kube_rs = process.usage()?;
    process.stop()?;
    let (objects, host_cpu_s) = (course.objects, change.cpu_s);
    let kube_rs_mib = kube_rs.resident_mib;
    Ok(Scaled {
        objects,
        changed,
        host_cpu_s,
        host_mib: usage.resident_mib,
        host_peak_mib: usage.peak_mib,
        kube_rs_mib,
    })
}
