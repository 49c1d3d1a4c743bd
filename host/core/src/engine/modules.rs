//! The modules that are loaded, by the source they came from.

use std::collections::BTreeMap;

use crate::binding::Module;

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

/// The modules that are loaded.
#[derive(Debug, Default)]
pub(super) struct Modules {
    sources: BTreeMap<String, Source>,
}

impl Modules {
    /// Takes in what became of a source. Returns a sentence for people where there is something to say:
    /// `Err` if it is trouble.
    pub(super) fn take(&mut self, source: &str, news: News) -> Result<String, String> {
        match news {
            News::Loaded(module) => {
                let name = module.manifest.name.clone();
                let taken = self.sources.iter().find(|(other, s)| {
                    other.as_str() != source && s.module.as_ref().is_some_and(|m| m.manifest.name == name)
                });
                if let Some((other, _)) = taken {
                    let why = format!("its module is named {name:?}, as that of {other}: rename one of them");
                    self.sources.entry(source.to_owned()).or_default().rejected = Some(why.clone());
                    return Err(format!("{source}: {why}"));
                }
                let entry = self.sources.entry(source.to_owned()).or_default();
                entry.rejected = None;
                let digest = module.digest.get(7..19).unwrap_or_default().to_owned();
                let said = match entry.module.replace(module.clone()) {
                    Some(old) if old.digest == module.digest => "is loaded as before".to_owned(),
                    Some(_) => "is loaded and takes over".to_owned(),
                    None => format!("is loaded and decides for {}", module.manifest.serves),
                };
                Ok(format!("{source}: module {name} {} ({digest}) {said}", module.manifest.version))
            }
            News::Rejected(why) => {
                let entry = self.sources.entry(source.to_owned()).or_default();
                entry.rejected = Some(why.clone());
                let stays = entry.module.as_ref().map(|m| {
                    format!("; {} {} stays in service", m.manifest.name, m.digest.get(7..19).unwrap_or_default())
                });
                Err(format!("{source}: {why}{}", stays.unwrap_or_default()))
            }
            News::Removed => match self.sources.get(source).and_then(|s| s.module.as_ref()) {
                Some(m) => Ok(format!("{source} was removed; its module {} stays in service", m.manifest.name)),
                None => Ok(format!("{source} was removed")),
            },
        }
    }

    /// The module of a name.
    pub(super) fn named(&self, name: &str) -> Option<&Module> {
        self.all().find(|(_, m)| m.manifest.name == name).map(|(_, m)| m)
    }

    /// Why a newer version of the module of a name was rejected, and from which source.
    pub(super) fn rejection(&self, name: &str) -> Option<(&str, &str)> {
        self.sources.iter().find_map(|(source, s)| {
            let of_that_name = s.module.as_ref().is_some_and(|m| m.manifest.name == name);
            Some((source.as_str(), s.rejected.as_deref()?)).filter(|_| of_that_name)
        })
    }

    /// Every loaded module with its source.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.sources.iter().filter_map(|(source, s)| Some((source.as_str(), s.module.as_ref()?)))
    }
}
