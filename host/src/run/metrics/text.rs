//! How metrics are written: in the form that the scraper asks for.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// A form in which metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposition {
    /// Prometheus' text format, which every scraper reads, as controller-runtime answers.
    Prometheus,
    /// OpenMetrics 1.0, for those who ask for it.
    OpenMetrics,
}

impl Exposition {
    /// By a request's header Accept.
    pub(crate) fn asked_for(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/openmetrics-text") => Self::OpenMetrics,
            _ => Self::Prometheus,
        }
    }

    /// The header Content-Type of an answer.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// All metrics of a registry.
pub(super) fn of(registry: &Registry, exposition: Exposition) -> String {
    let mut text = String::new();
    if encode(&mut text, registry).is_err() {
        // A String takes everything; a metric that cannot be written spoils no other scrape.
        text.clear();
    }
    match exposition {
        Exposition::OpenMetrics => text,
        Exposition::Prometheus => prometheus(&text),
    }
}

/// OpenMetrics in Prometheus' own text format: there a counter's family is named as its samples are, with
/// `_total`, and nothing marks the end.
fn prometheus(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            help = said.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|said| said.split_once(' ')) {
            let suffix = if kind == "counter" { "_total" } else { "" };
            if let Some((_, words)) = help.take() {
                text += &format!("# HELP {name}{suffix} {words}\n");
            }
            text += &format!("# TYPE {name}{suffix} {kind}\n");
        } else if !line.starts_with('#') {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scraper_chooses_and_everybody_reads_the_default() {
        assert_eq!(Exposition::asked_for(None), Exposition::Prometheus);
        assert_eq!(Exposition::asked_for(Some("*/*")), Exposition::Prometheus);
        let prometheus_server = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2";
        assert_eq!(Exposition::asked_for(Some(prometheus_server)), Exposition::OpenMetrics);
    }

    #[test]
    fn a_counters_family_is_named_as_its_samples_are() {
        let open =
            "# HELP a Words.\n# TYPE a counter\na_total 1\n# HELP b More.\n# TYPE b gauge\n# UNIT b x\nb 2\n# EOF\n";
        let classic = "# HELP a_total Words.\n# TYPE a_total counter\na_total 1\n# HELP b More.\n# TYPE b gauge\nb 2\n";
        assert_eq!(prometheus(open), classic);
    }
}
