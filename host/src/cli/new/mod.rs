//! `innkeeper new`: a guest's project that builds and passes its scenario, and its story in Rust.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

/// What `innkeeper new` can be told.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The project's folder, which is made. Its name is the guest's: a-z, 0-9 and -, a letter first.
    #[arg(value_name = "NAME")]
    folder: PathBuf,
    /// The kind that the guest decides for. Default: NAME in CamelCase.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The API group of the kind.
    #[arg(long, value_name = "GROUP", default_value = "example.com")]
    group: String,
    /// The SDK: the folder guests/sdk of a clone of Innkeeper's repository, or the repository's URL for git. Default:
    /// the clone in which this command runs. (The SDK is in no registry yet.)
    #[arg(long, value_name = "PATH|URL")]
    sdk: Option<String>,
}

/// The files of a project, with their places.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("project/Cargo.toml.in")),
    ("src/lib.rs", include_str!("project/lib.rs.in")),
    ("scenarios/text.yaml", include_str!("project/text.yaml.in")),
    ("tests/story.rs", include_str!("project/story.rs.in")),
    ("README.md", include_str!("project/README.md.in")),
    (".gitignore", include_str!("project/gitignore.in")),
    (".github/workflows/test.yaml", include_str!("project/test.yaml.in")),
];

/// Makes it.
pub(super) fn new(options: &Options) -> anyhow::Result<()> {
    let folder = &options.folder;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(fits)
        || name.ends_with('-')
        || name.len() > 50
    {
        bail!("{name:?} cannot be a guest's name: a-z, 0-9 and -, a letter first, at most 50, such as web-site");
    }
    let kind = options.kind.clone().unwrap_or_else(|| camel(&name));
    if !kind.starts_with(|c: char| c.is_ascii_uppercase()) || !kind.chars().all(|c| c.is_ascii_alphanumeric()) {
        bail!("{kind:?} cannot be a kind: letters and digits in CamelCase, such as WebSite");
    }
    if !options.group.contains('.') || !innkeeper_core::names::is_dns_subdomain(&options.group) {
        bail!("{:?} cannot be an API group: a domain of yours, such as shop.example.com", options.group);
    }
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let sdk = sdk(options.sdk.as_deref(), folder)?;
    let words = [
        ("NAME", name.as_str()),
        ("KIND", &kind),
        ("GROUP", &options.group),
        ("SDK", &sdk.dependency),
        ("STORY", &sdk.story),
        ("CRATE", &name.replace('-', "_")),
        ("INSTALL", &sdk.install),
    ];
    for (place, template) in FILES {
        let text =
            words.iter().fold((*template).to_owned(), |text, (word, value)| text.replace(&format!("@{word}@"), value));
        let file = folder.join(place);
        let written =
            std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).and_then(|()| std::fs::write(&file, text));
        written.with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let shown = folder.display();
    println!(
        "{shown} keeps the kind {kind}.{}. Next:\n\n    cd {shown}\n    innkeeper build\n    innkeeper test",
        options.group
    );
    Ok(())
}

/// Where the SDK comes from.
struct Sdk {
    /// As Cargo.toml says it.
    dependency: String,
    /// The crate for stories in Rust, likewise.
    story: String,
    /// How CI gets it and the command.
    install: String,
}

fn sdk(said: Option<&str>, folder: &Path) -> anyhow::Result<Sdk> {
    if let Some(url) = said.filter(|said| said.contains("://") || said.starts_with("git@")) {
        return Ok(Sdk {
            dependency: format!("{{ git = \"{url}\" }}"),
            story: format!("{{ git = \"{url}\" }}"),
            install: format!("cargo install --locked --git {url} innkeeper"),
        });
    }
    let here = std::env::current_dir()?;
    let is_sdk = |path: &Path| {
        std::fs::read_to_string(path.join("Cargo.toml")).is_ok_and(|text| text.contains("name = \"innkeeper-sdk\""))
    };
    let path = match said {
        Some(path) => {
            let path = PathBuf::from(path);
            if !is_sdk(&path) {
                bail!("{} does not hold the SDK: name the folder guests/sdk of a clone of Innkeeper's repository", path.display());
            }
            path.canonicalize()?
        }
        None => here.ancestors().map(|above| above.join("guests/sdk")).find(|path| is_sdk(path)).context(
            "the SDK is in no registry yet: say --sdk with the folder guests/sdk of a clone of Innkeeper's repository, or with its URL",
        )?,
    };
    let project = plain(&std::path::absolute(folder)?);
    let sdk = relative(&path, &project);
    let root = relative(path.ancestors().nth(2).unwrap_or(&path), &project);
    let install = format!(
        "# INNKEEPER_REPOSITORY is a variable of this repository: where to clone Innkeeper from.\n          \
         git clone \"${{{{ vars.INNKEEPER_REPOSITORY }}}}\" {root}\n          \
         cargo install --locked --path {root}/host"
    );
    let story = relative(&path.with_file_name("story"), &project);
    Ok(Sdk { dependency: format!("{{ path = \"{sdk}\" }}"), story: format!("{{ path = \"{story}\" }}"), install })
}

/// A path without `..`: of one that is not there yet, nothing more can be asked.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
        plain
    })
}

/// A path as seen from a folder.
fn relative(path: &Path, from: &Path) -> String {
    let same = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(same).map(|_| "..".to_owned());
    let down = path.components().skip(same).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_kind_and_a_path_is_seen_from_the_project() {
        assert_eq!(camel("web-site-2"), "WebSite2");
        assert_eq!(relative(Path::new("/a/inn/guests/sdk"), Path::new("/a/mine/web")), "../../inn/guests/sdk");
        let beside = plain(Path::new("/a/inn/../web"));
        assert_eq!(relative(Path::new("/a/inn/guests/sdk"), &beside), "../inn/guests/sdk");
    }
}
