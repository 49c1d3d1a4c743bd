//! The modules of the folder: what each file offers, and which module counts under each name.
//!
//! A name is served from one file. When that is gone or offers another name, the module stays in service
//! until another file offers its name.

use std::collections::BTreeMap;

use crate::binding::Module;
use crate::object::short;

/// What became of a source of a module.
#[derive(Clone, Debug)]
pub enum News {
    /// It is loaded.
    Loaded(Module),
    /// It did not become a module. Says why, for people.
    Rejected(String),
    /// The source is gone. That stops nothing.
    Removed,
}

#[derive(Debug, Default)]
struct Source {
    module: Option<Module>,
    rejected: Option<String>,
}

#[derive(Debug)]
struct Serving {
    source: String,
    module: Module,
}

/// The modules that are loaded.
#[derive(Debug, Default)]
pub(super) struct Modules {
    sources: BTreeMap<String, Source>,
    /// By name.
    serving: BTreeMap<String, Serving>,
}

impl Modules {
    /// Takes in what became of a source. Returns a sentence for people where there is something to say:
    /// `Err` if it is trouble.
    pub(super) fn take(&mut self, source: &str, news: News) -> Result<String, String> {
        match news {
            News::Loaded(module) => {
                let entry = self.sources.entry(source.to_owned()).or_default();
                entry.rejected = None;
                let before = entry.module.replace(module.clone()).map(|m| m.manifest.name.clone());
                let name = module.manifest.name.clone();
                if let Some(before) = before.filter(|before| *before != name) {
                    self.settle(&before);
                }
                let old = self.named(&name).map(|m| m.digest.clone());
                self.settle(&name);
                if let Some(other) = self.serving.get(&name).filter(|s| s.source != source) {
                    let other = &other.source;
                    return Err(format!(
                        "{source}: its module is named {name:?}, as that of {other}: rename one of them"
                    ));
                }
                let said = match old {
                    Some(old) if old == module.digest => "is loaded as before".to_owned(),
                    Some(_) => "is loaded".to_owned(),
                    None => format!("is loaded, for {}", module.manifest.serves),
                };
                let digest = short(&module.digest);
                Ok(format!("{source}: module {name} {} ({digest}) {said}", module.manifest.version))
            }
            News::Rejected(why) => {
                let entry = self.sources.entry(source.to_owned()).or_default();
                entry.rejected = Some(why.clone());
                let stays = entry
                    .module
                    .as_ref()
                    .map(|m| format!("; {} {} stays in service", m.manifest.name, short(&m.digest)));
                Err(format!("{source}: {why}{}", stays.unwrap_or_default()))
            }
            News::Removed => {
                let Some(offered) = self.sources.remove(source).and_then(|s| s.module) else {
                    return Ok(format!("{source} was removed"));
                };
                let name = &offered.manifest.name;
                let served_from = |modules: &Self| modules.serving.get(name).map(|s| s.source.clone());
                let before = served_from(self);
                self.settle(name);
                match served_from(self) {
                    Some(now) if now == source => {
                        Ok(format!("{source} was removed; its module {name} stays in service"))
                    }
                    Some(now) if before.as_deref() == Some(source) => {
                        Ok(format!("{source} was removed; the module {name} of {now} takes its place"))
                    }
                    _ => Ok(format!("{source} was removed")),
                }
            }
        }
    }

    /// Works out which module serves under a name.
    fn settle(&mut self, name: &str) {
        let is_named = |s: &&Source| s.module.as_ref().is_some_and(|m| m.manifest.name == name);
        let current = self.serving.get(name).map(|s| &s.source);
        let current = current.and_then(|source| self.sources.get_key_value(source)).filter(|(_, s)| is_named(s));
        let chosen = current.or_else(|| self.sources.iter().find(|(_, s)| is_named(s)));
        if let Some((source, Source { module: Some(module), .. })) = chosen {
            let serving = Serving { source: source.clone(), module: module.clone() };
            self.serving.insert(name.to_owned(), serving);
        }
    }

    /// The name of the module that a source offers.
    pub(super) fn offers(&self, source: &str) -> Option<&str> {
        Some(&self.sources.get(source)?.module.as_ref()?.manifest.name)
    }

    /// The module of a name.
    pub(super) fn named(&self, name: &str) -> Option<&Module> {
        self.serving.get(name).map(|s| &s.module)
    }

    /// Why a newer version of the module of a name was rejected, and from which source.
    pub(super) fn rejection(&self, name: &str) -> Option<(&str, &str)> {
        let source = &self.serving.get(name)?.source;
        Some((source, self.sources.get(source)?.rejected.as_deref()?))
    }

    /// Every module that serves and that a source offers still.
    pub(super) fn offered(&self) -> impl Iterator<Item = &Module> {
        self.serving.values().filter(|s| self.sources.contains_key(&s.source)).map(|s| &s.module)
    }

    /// Whether a source offers the module of a name still.
    pub(super) fn is_offered(&self, name: &str) -> bool {
        self.serving.get(name).is_some_and(|s| self.sources.contains_key(&s.source))
    }

    /// The Reconciler of a name is gone: its module goes too, unless a source offers it still.
    pub(super) fn retire(&mut self, name: &str) {
        if !self.is_offered(name) {
            self.serving.remove(name);
        }
    }
}
